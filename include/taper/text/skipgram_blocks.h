#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "taper/base/generator.h"
#include "taper/text/sampling.h"

namespace taper::text {

/// How text is cut into blocks.
struct SkipGramBlockOptions {
  std::int64_t window = 5;     ///< words looked at on either side, at most; each word's width is drawn from 1 to this
  std::int64_t negative = 10;  ///< noise words that a pair of words counts: a weight, which makes no more of them
  double subsample = 1e-3;     ///< Subsampler's threshold
  std::int64_t run = 16;       ///< words of a block
  std::int64_t noise = 32;     ///< noise words of a block
};

/// Blocks of running text. A block has `run` words in a row, the centers, and `columns` others: the words that they
/// stand among, then noise. All centers meet all others in one matrix product, and a weight says what each score
/// counts: 1 for a word near the center, 0 for one that is not, and for a noise word its share of the noise that the
/// center's pairs are due. On average this is what SkipGramPairs gives, where each pair has noise words of its own.
struct SkipGramBlocks {
  std::vector<std::int64_t> words;   // [blocks, run]
  std::vector<std::int64_t> others;  // [blocks, columns]
  std::vector<float> weights;        // [blocks, run, columns]
  std::int64_t blocks = 0;
  std::int64_t pairs = 0;  // weights that are 1 for being near

  void clear();
};

/// Cuts sentences into blocks. Words that the subsampler passes over do not count for the distance, and a center looks
/// at words of its own sentence alone; a block may hold several sentences. Noise equal to a word near a center does not
/// count against that pair.
class SkipGramBlockSampler {
 public:
  /// ValueError for `window`, `run` or `noise` below 1 or above a million, `negative` below 0, or as the two samplers
  /// say.
  SkipGramBlockSampler(std::span<const std::int64_t> counts, const SkipGramBlockOptions& options = {});

  /// Columns of a block: run + 2 window + noise.
  std::int64_t columns() const { return options_.run + 2 * options_.window + options_.noise; }
  /// What the scores of a block ought to be, [run, columns]: 1 for words of the text, 0 for noise.
  std::vector<float> targets() const;

  /// Takes a sentence of word numbers in [0, number of words) in.
  void add(std::span<const std::int64_t> sentence, Generator& generator);
  /// Appends a block; false where more sentences are needed for it.
  bool cut(Generator& generator, SkipGramBlocks& blocks);
  /// Appends what is left as a last block, filled up with word 0 at weight 0; false where nothing is left.
  bool cut_rest(Generator& generator, SkipGramBlocks& blocks);

 private:
  struct Place {
    std::int64_t word;
    std::int64_t sentence;  // -1 for no word
  };

  void append(Generator& generator, SkipGramBlocks& blocks);
  std::int64_t weigh_near(const Place* center, std::int64_t width, float* weights) const;
  void forgive(const Place* first, std::int64_t noise, std::int64_t column, float* weights) const;

  SkipGramBlockOptions options_;
  Subsampler subsampler_;
  AliasSampler noise_;
  std::vector<Place> places_;  // from `window` before the next center on
  std::size_t begin_ = 0;      // of what is not yet behind us in places_
  std::int64_t sentence_ = 0;
  std::vector<std::int64_t> seen_;  // for each word, the block that it was last in
  std::int64_t block_ = 0;
};

}  // namespace taper::text
