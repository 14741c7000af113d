#include "taper/text/skipgram_blocks.h"

#include <fmt/format.h>

#include <algorithm>

#include "taper/base/error.h"

namespace taper::text {
namespace {

void check_between(const char* name, std::int64_t value, std::int64_t least) {
  constexpr std::int64_t most = 1000000;
  if (value < least || value > most)
    throw ValueError(fmt::format("SkipGramBlockSampler: {} {}; it must be in [{}, {}]", name, value, least, most));
}

}  // namespace

void SkipGramBlocks::clear() {
  words.clear();
  others.clear();
  weights.clear();
  blocks = pairs = 0;
}

SkipGramBlockSampler::SkipGramBlockSampler(std::span<const std::int64_t> counts, const SkipGramBlockOptions& options)
    : options_(options),
      subsampler_(counts, options.subsample),
      noise_(AliasSampler::unigram(counts)),
      seen_(counts.size()) {
  check_between("window", options.window, 1);
  check_between("negative", options.negative, 0);
  check_between("run", options.run, 1);
  check_between("noise", options.noise, 1);
  places_.assign(static_cast<std::size_t>(options.window), {0, -1});
}

std::vector<float> SkipGramBlockSampler::targets() const {
  std::vector<float> row(static_cast<std::size_t>(columns()), 1.0F);
  std::fill(row.end() - options_.noise, row.end(), 0.0F);
  std::vector<float> result;
  for (std::int64_t i = 0; i < options_.run; ++i) result.insert(result.end(), row.begin(), row.end());
  return result;
}

void SkipGramBlockSampler::add(std::span<const std::int64_t> sentence, Generator& generator) {
  const std::size_t before = places_.size();
  for (const std::int64_t word : sentence)
    if (subsampler_.keep(word, generator)) places_.push_back({word, sentence_});
  if (places_.size() - before == 1) places_.pop_back();  // a word alone is near to none
  ++sentence_;
}

bool SkipGramBlockSampler::cut(Generator& generator, SkipGramBlocks& blocks) {
  if (places_.size() - begin_ < static_cast<std::size_t>(options_.run + 2 * options_.window)) return false;
  append(generator, blocks);
  return true;
}

bool SkipGramBlockSampler::cut_rest(Generator& generator, SkipGramBlocks& blocks) {
  const auto window = static_cast<std::size_t>(options_.window);
  if (places_.size() - begin_ <= window) return false;
  const std::size_t whole = begin_ + static_cast<std::size_t>(options_.run) + 2 * window;
  places_.resize(std::max(places_.size(), whole), {0, -1});
  append(generator, blocks);
  const auto centers = places_.begin() + static_cast<std::ptrdiff_t>(begin_ + window);
  if (std::all_of(centers, places_.end(), [](const Place& place) { return place.sentence < 0; })) {
    places_.assign(window, {0, -1});
    begin_ = 0;
  }
  return true;
}

// Gives the words near a center, of which `weights` begins with the one `window` before it, the weight 1, and counts
// them.
std::int64_t SkipGramBlockSampler::weigh_near(const Place* center, std::int64_t width, float* weights) const {
  std::int64_t pairs = 0;
  for (std::int64_t at = -width; at <= width; ++at) {
    if (at == 0 || center[at].sentence != center->sentence) continue;
    weights[options_.window + at] = 1;
    ++pairs;
  }
  return pairs;
}

// Takes back what the noise word in `column` counts against pairs of a center with this very word.
void SkipGramBlockSampler::forgive(const Place* first, std::int64_t noise, std::int64_t column, float* weights) const {
  const std::int64_t near = options_.run + 2 * options_.window;
  const float share = static_cast<float>(options_.negative) / static_cast<float>(options_.noise);
  for (std::int64_t j = 0; j < near; ++j) {
    if (first[j].word != noise) continue;
    for (std::int64_t i = 0; i < options_.run; ++i)
      if (weights[i * columns() + j] != 0) weights[i * columns() + column] -= share;
  }
}

void SkipGramBlockSampler::append(Generator& generator, SkipGramBlocks& blocks) {
  const std::int64_t run = options_.run, window = options_.window, near = run + 2 * window;
  const Place* first = places_.data() + begin_;
  ++block_;
  for (std::int64_t i = 0; i < run; ++i) blocks.words.push_back(first[window + i].word);
  for (std::int64_t j = 0; j < near; ++j) {
    blocks.others.push_back(first[j].word);
    seen_[static_cast<std::size_t>(first[j].word)] = block_;
  }
  for (std::int64_t k = 0; k < options_.noise; ++k) blocks.others.push_back(noise_.draw(generator));

  const std::size_t before = blocks.weights.size();
  blocks.weights.resize(before + static_cast<std::size_t>(run * columns()));
  float* const weights = blocks.weights.data() + before;
  const float share = static_cast<float>(options_.negative) / static_cast<float>(options_.noise);
  for (std::int64_t i = 0; i < run; ++i) {
    const auto width = 1 + static_cast<std::int64_t>(generator.random() * static_cast<std::uint64_t>(window) >> 32);
    const Place* center = first + window + i;
    if (center->sentence < 0) continue;
    float* row = weights + i * columns();
    const std::int64_t pairs = weigh_near(center, width, row + i);
    std::fill_n(row + near, options_.noise, static_cast<float>(pairs) * share);
    blocks.pairs += pairs;
  }
  const std::int64_t* noise = blocks.others.data() + blocks.others.size() - options_.noise;
  for (std::int64_t k = 0; k < options_.noise; ++k)
    if (seen_[static_cast<std::size_t>(noise[k])] == block_) forgive(first, noise[k], near + k, weights);

  ++blocks.blocks;
  begin_ += static_cast<std::size_t>(run);
  if (begin_ * 2 > places_.size() && begin_ > 4096) {
    places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

}  // namespace taper::text
