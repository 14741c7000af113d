#include <algorithm>
#include <map>
#include <utility>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/text/skipgram_blocks.h"

using taper::Generator;
using taper::text::SkipGramBlocks;
using taper::text::SkipGramBlockSampler;
using taper_test::ContainsSubstring;

namespace {

using Ids = std::vector<std::int64_t>;
using Counted = std::map<std::pair<std::int64_t, std::int64_t>, double>;

Ids counting(std::int64_t n) {
  Ids ids;
  for (std::int64_t i = 0; i < n; ++i) ids.push_back(i);
  return ids;
}

// Adds up what each pair of words counts in all blocks, in the text's columns or in the noise's.
Counted total(const SkipGramBlocks& blocks, std::int64_t run, std::int64_t columns, std::int64_t first,
              std::int64_t last) {
  Counted result;
  for (std::int64_t i = 0; i < blocks.blocks * run; ++i)
    for (std::int64_t j = first; j < last; ++j)
      if (const float weight = blocks.weights[static_cast<std::size_t>(i * columns + j)]; weight != 0)
        result[{blocks.words[static_cast<std::size_t>(i)],
                blocks.others[static_cast<std::size_t>(i / run * columns + j)]}] += static_cast<double>(weight);
  return result;
}

}  // namespace

TEST_CASE("with a window of one each word of a sentence meets its neighbours once, across blocks, and no other") {
  const Ids counts(20, 5);
  for (const std::int64_t run : {1, 3, 4, 50}) {
    SkipGramBlockSampler sampler(counts, {.window = 1, .negative = 3, .subsample = 0, .run = run, .noise = 4});
    REQUIRE(sampler.columns() == run + 6);
    Generator generator(1);
    SkipGramBlocks blocks;
    for (int again = 0; again < 2; ++again) {  // what one text leaves does not reach the next
      blocks.clear();
      sampler.add(Ids{0, 1, 2, 3, 4, 5, 6, 7}, generator);
      sampler.add(Ids{8}, generator);  // alone
      sampler.add(Ids{}, generator);
      sampler.add(Ids{10, 11}, generator);
      while (sampler.cut(generator, blocks) || sampler.cut_rest(generator, blocks)) continue;
      Counted expected;
      for (std::int64_t i = 0; i < 7; ++i) expected[{i, i + 1}] = expected[{i + 1, i}] = 1;
      expected[{10, 11}] = expected[{11, 10}] = 1;
      INFO(run);
      CHECK(total(blocks, run, sampler.columns(), 0, run + 2) == expected);
      CHECK(blocks.pairs == 16);
      CHECK_FALSE(sampler.cut_rest(generator, blocks));
    }
  }
}

TEST_CASE("noise counts as often as pairs are due it, and not against a pair with the very word") {
  const Ids counts(6, 100);
  const std::int64_t run = 8, noise = 16, near = run + 6;
  SkipGramBlockSampler sampler(counts, {.window = 3, .negative = 5, .subsample = 0, .run = run, .noise = noise});
  Generator generator(5);
  Ids sentence;
  for (int i = 0; i < 2000; ++i) sentence.push_back(static_cast<std::int64_t>(generator.random() % 6));
  sampler.add(sentence, generator);
  SkipGramBlocks blocks;
  while (sampler.cut(generator, blocks)) continue;
  REQUIRE(blocks.blocks > 200);
  const auto columns = sampler.columns();
  double all = 0;
  for (std::int64_t i = 0; i < blocks.blocks * run; ++i) {
    const float* row = blocks.weights.data() + i * columns;
    const std::int64_t* others = blocks.others.data() + i / run * columns;
    for (std::int64_t k = near; k < columns; ++k) {
      double due = 0;
      for (std::int64_t j = 0; j < near; ++j) due += row[j] == 1 && others[j] != others[k] ? 5.0 / 16 : 0;
      REQUIRE(static_cast<double>(row[k]) == Approx(due).margin(1e-6));
      all += due;
    }
  }
  // Five of six noise words differ from a pair's own.
  CHECK(all / static_cast<double>(blocks.pairs) == Approx(5 * 5.0 / 6).epsilon(0.02));
  // Widths 1, 2 and 3 are as likely: four pairs for a word.
  CHECK(static_cast<double>(blocks.pairs) / static_cast<double>(blocks.blocks * run) == Approx(4).epsilon(0.05));
}

TEST_CASE("targets are 1 for the text's words and 0 for noise") {
  const SkipGramBlockSampler sampler(counting(3), {.window = 1, .subsample = 0, .run = 2, .noise = 3});
  CHECK(sampler.targets() == std::vector<float>{1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0});
}

TEST_CASE("words that are passed over do not count for the distance") {
  Ids counts(10, 10);
  counts[9] = 10000000;
  SkipGramBlockSampler sampler(counts, {.window = 1, .subsample = 1e-9, .run = 2, .noise = 1});
  Generator generator(1);
  Ids sentence;
  for (int i = 0; i < 3000; ++i) sentence.insert(sentence.end(), {9, 9, i % 2});
  sampler.add(sentence, generator);
  SkipGramBlocks blocks;
  while (sampler.cut(generator, blocks)) continue;
  CHECK(std::count(blocks.words.begin(), blocks.words.end(), 9) < 10);
  CHECK(blocks.pairs > 2);
}

TEST_CASE("a block sampler refuses what makes no sense") {
  const Ids counts = {1, 2};
  CHECK_THROWS_WITH(SkipGramBlockSampler(counts, {.window = 0}), ContainsSubstring("window 0; it must be in [1, "));
  CHECK_THROWS_WITH(SkipGramBlockSampler(counts, {.negative = -1}), ContainsSubstring("negative -1"));
  CHECK_THROWS_WITH(SkipGramBlockSampler(counts, {.run = 0}), ContainsSubstring("run 0"));
  CHECK_THROWS_WITH(SkipGramBlockSampler(counts, {.noise = 0}), ContainsSubstring("noise 0"));
  CHECK_THROWS_AS(SkipGramBlockSampler(counts, {.subsample = -1}), taper::ValueError);
}
