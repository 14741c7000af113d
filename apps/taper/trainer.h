#pragma once

#include <taper/taper.h>

#include <cstdint>
#include <vector>

#include "block_source.h"
#include "progress.h"
#include "skipgram.h"

namespace taper_program {

struct TrainOptions {
  std::int64_t dim = 100, window = 5, negative = 10, epochs = 5, batch = 16;
  double sample = 1e-3, lr = 0.04;
  std::uint64_t seed = 1;
};

/// A step's words as blocks of equal length with the noise that they share.
taper::text::SkipGramBlockOptions cutting(const TrainOptions& options);

/// Trains a SkipGram on a corpus. The same corpus, options and seed give the same vectors, whatever the number of
/// threads.
class Trainer {
 public:
  Trainer(taper::text::Corpus& corpus, const taper::text::Vocab& vocab, const TrainOptions& options);

  /// Runs all epochs. NumericError where the loss grows beyond all measure.
  void run(Progress& progress);
  SkipGram& model() { return model_; }
  /// Per pair, of the last hundred batches or so; 0 where no pair was left to learn from.
  double loss() const { return loss_; }
  /// Pairs learned from, all epochs.
  std::int64_t pairs() const { return pairs_; }

 private:
  /// Learns from `count` blocks of a chunk at once.
  taper::Tensor step(const taper::text::SkipGramBlocks& blocks, std::int64_t first, std::int64_t count);
  void follow(double loss, const Chunk& chunk);
  double rate(std::int64_t words) const;

  TrainOptions options_;
  std::int64_t total_;   // words of all epochs
  std::int64_t blocks_;  // of a step
  taper::text::SkipGramBlockOptions cutting_;
  BlockSource source_;
  SkipGram model_;
  taper::optim::SGD optimizer_;
  taper::Tensor targets_;  // [blocks, run, columns]
  double loss_ = 0;
  std::int64_t pairs_ = 0;
};

}  // namespace taper_program
