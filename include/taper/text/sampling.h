#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "taper/base/generator.h"

namespace taper::text {

/// word2vec's way to pass over frequent words: a word that makes up the share f of the text is kept with probability
/// sqrt(t / f) + t / f, at most 1.
class Subsampler {
 public:
  /// One count per word. A threshold t of 0 keeps every word. ValueError where t or a count is negative or t is not
  /// finite.
  Subsampler(std::span<const std::int64_t> counts, double threshold);

  /// IndexError outside [0, number of words).
  double keep_probability(std::int64_t word) const;
  /// Whether this occurrence stays: one draw of 32 bits, and none for a word that always stays. `word` is not checked.
  bool keep(std::int64_t word, Generator& generator) const {
    const std::uint64_t limit = limits_[static_cast<std::size_t>(word)];
    return limit > 0xffffffffU || generator.random() < limit;
  }

 private:
  std::vector<std::uint64_t> limits_;  // the probability in units of 2^-32
};

/// Draws numbers in proportion to given weights, each in constant time (Walker's alias method, Vose's construction).
/// The same generator gives the same numbers on every machine.
class AliasSampler {
 public:
  /// ValueError where there is no weight, one is negative or not finite, or all are zero.
  explicit AliasSampler(std::span<const double> weights);
  /// Weights counts^power: with the default power, word2vec's distribution of negative samples.
  static AliasSampler unigram(std::span<const std::int64_t> counts, double power = 0.75);

  std::int64_t size() const { return static_cast<std::int64_t>(slots_.size()); }
  /// The probability of a number, as it is drawn. IndexError outside [0, size()).
  double probability(std::int64_t number) const;
  /// One number: two draws of 32 bits.
  std::int64_t draw(Generator& generator) const {
    const Slot& slot = slots_[static_cast<std::size_t>(std::uint64_t{generator.random()} * slots_.size() >> 32)];
    return generator.random() < slot.limit ? slot.own : slot.alias;
  }

 private:
  struct Slot {
    std::uint64_t limit;  // its own number below, the alias above, in units of 2^-32
    std::int64_t own, alias;
  };
  std::vector<Slot> slots_;
};

/// Pairs of a word and a word near it, and for each pair words drawn as noise: what skip-gram with negative sampling
/// learns from.
struct SkipGramPairs {
  std::vector<std::int64_t> words, contexts;  // one each per pair
  std::vector<std::int64_t> negatives;        // so many per pair as were asked for, pair after pair

  std::int64_t size() const { return static_cast<std::int64_t>(words.size()); }
  void clear();
};

/// Makes pairs from sentences. For each word that the subsampler keeps, a width is drawn from 1, ..., window, and each
/// word at most so far away, on either side, gives a pair; words that were passed over do not count for the distance. A
/// noise word that equals the context is drawn again, up to ten times.
class SkipGramSampler {
 public:
  /// ValueError where `window` is below 1, `negative` below 0, or as the two samplers say.
  SkipGramSampler(std::span<const std::int64_t> counts, std::int64_t window, std::int64_t negative, double subsample);

  /// Appends the pairs of one sentence of word numbers in [0, number of words).
  void add(std::span<const std::int64_t> sentence, Generator& generator, SkipGramPairs& pairs);

 private:
  Subsampler subsampler_;
  AliasSampler noise_;
  std::int64_t window_, negative_;
  std::vector<std::int64_t> kept_;
};

}  // namespace taper::text
