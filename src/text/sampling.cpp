#include "taper/text/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "taper/base/error.h"

namespace taper::text {
namespace {

constexpr double two_to_32 = 4294967296.0;
constexpr std::int64_t max_window = 1000000;

}  // namespace

Subsampler::Subsampler(std::span<const std::int64_t> counts, double threshold)
    : limits_(counts.size(), std::uint64_t{1} << 32) {
  if (!(threshold >= 0) || !std::isfinite(threshold))
    throw ValueError(
        fmt::format("Subsampler: threshold {}; it must be 0 (keep all) or a small positive number", threshold));
  double total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0)
      throw ValueError(fmt::format("Subsampler: word {} has count {}; counts are not negative", i, counts[i]));
    total += static_cast<double>(counts[i]);
  }
  for (std::size_t i = 0; i < counts.size() && threshold > 0; ++i) {
    if (counts[i] == 0) continue;
    const double ratio = threshold * total / static_cast<double>(counts[i]);
    limits_[i] = static_cast<std::uint64_t>(std::min(std::sqrt(ratio) + ratio, 1.0) * two_to_32);
  }
}

double Subsampler::keep_probability(std::int64_t word) const {
  if (word < 0 || word >= static_cast<std::int64_t>(limits_.size()))
    throw IndexError(fmt::format("Subsampler: word {} is outside [0, {})", word, limits_.size()));
  return static_cast<double>(limits_[static_cast<std::size_t>(word)]) / two_to_32;
}

AliasSampler::AliasSampler(std::span<const double> weights) {
  double total = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || !std::isfinite(weights[i]))
      throw ValueError(
          fmt::format("AliasSampler: weight {} is {}; weights are finite and not negative", i, weights[i]));
    total += weights[i];
  }
  if (!(total > 0) || !std::isfinite(total))
    throw ValueError(fmt::format("AliasSampler: {} weights with the sum {}; the sum must be positive and finite",
                                 weights.size(), total));

  const std::size_t n = weights.size();
  std::vector<double> share(n);  // 1 is the mean
  std::vector<std::size_t> small, large;
  for (std::size_t i = 0; i < n; ++i) {
    share[i] = weights[i] / total * static_cast<double>(n);
    (share[i] < 1 ? small : large).push_back(i);
  }
  slots_.resize(n);
  for (std::size_t i = 0; i < n; ++i)
    slots_[i] = {std::uint64_t{1} << 32, static_cast<std::int64_t>(i), static_cast<std::int64_t>(i)};
  while (!small.empty() && !large.empty()) {
    const std::size_t low = small.back(), high = large.back();
    small.pop_back();
    slots_[low].limit = static_cast<std::uint64_t>(share[low] * two_to_32);
    slots_[low].alias = static_cast<std::int64_t>(high);
    share[high] -= 1 - share[low];
    if (share[high] < 1) {
      large.pop_back();
      small.push_back(high);
    }
  }
}

AliasSampler AliasSampler::unigram(std::span<const std::int64_t> counts, double power) {
  std::vector<double> weights(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0)
      throw ValueError(fmt::format("AliasSampler: count {} is {}; counts are not negative", i, counts[i]));
    weights[i] = counts[i] == 0 ? 0 : std::pow(static_cast<double>(counts[i]), power);
  }
  return AliasSampler(weights);
}

double AliasSampler::probability(std::int64_t number) const {
  if (number < 0 || number >= size())
    throw IndexError(fmt::format("AliasSampler: number {} is outside [0, {})", number, size()));
  double sum = 0;
  for (const Slot& slot : slots_) {
    if (slot.own == number) sum += static_cast<double>(slot.limit);
    if (slot.alias == number) sum += two_to_32 - static_cast<double>(slot.limit);
  }
  return sum / two_to_32 / static_cast<double>(size());
}

void SkipGramPairs::clear() {
  words.clear();
  contexts.clear();
  negatives.clear();
}

SkipGramSampler::SkipGramSampler(std::span<const std::int64_t> counts, std::int64_t window, std::int64_t negative,
                                 double subsample)
    : subsampler_(counts, subsample), noise_(AliasSampler::unigram(counts)), window_(window), negative_(negative) {
  if (window < 1 || window > max_window)
    throw ValueError(fmt::format("SkipGramSampler: window {}; it must be in [1, {}]", window, max_window));
  if (negative < 0)
    throw ValueError(fmt::format("SkipGramSampler: {} negatives; the number must not be negative", negative));
}

void SkipGramSampler::add(std::span<const std::int64_t> sentence, Generator& generator, SkipGramPairs& pairs) {
  kept_.clear();
  for (const std::int64_t word : sentence)
    if (subsampler_.keep(word, generator)) kept_.push_back(word);
  const auto length = static_cast<std::int64_t>(kept_.size());
  for (std::int64_t center = 0; center < length; ++center) {
    const auto width = 1 + static_cast<std::int64_t>(generator.random() * static_cast<std::uint64_t>(window_) >> 32);
    const std::int64_t first = std::max<std::int64_t>(center - width, 0);
    const std::int64_t last = std::min(center + width, length - 1);
    for (std::int64_t near = first; near <= last; ++near) {
      if (near == center) continue;
      const std::int64_t context = kept_[static_cast<std::size_t>(near)];
      pairs.words.push_back(kept_[static_cast<std::size_t>(center)]);
      pairs.contexts.push_back(context);
      for (std::int64_t k = 0; k < negative_; ++k) {
        std::int64_t drawn = noise_.draw(generator);
        for (int again = 0; drawn == context && again < 10; ++again) drawn = noise_.draw(generator);
        pairs.negatives.push_back(drawn);
      }
    }
  }
}

}  // namespace taper::text
