#include <cmath>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/text/sampling.h"

using taper::Generator;
using taper::text::AliasSampler;
using taper::text::SkipGramPairs;
using taper::text::SkipGramSampler;
using taper::text::Subsampler;
using taper_test::ContainsSubstring;

namespace {

using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a word is kept with word2vec's probability") {
  const Ids counts = {900, 90, 10, 0};
  const Subsampler sampler(counts, 0.01);
  CHECK(sampler.keep_probability(0) == Approx(std::sqrt(0.01 / 0.9) + 0.01 / 0.9));
  CHECK(sampler.keep_probability(1) == Approx(std::sqrt(0.01 / 0.09) + 0.01 / 0.09));
  CHECK(sampler.keep_probability(2) == 1);
  CHECK(sampler.keep_probability(3) == 1);
  Generator generator(7);
  int kept = 0;
  for (int i = 0; i < 100000; ++i) kept += sampler.keep(0, generator) ? 1 : 0;
  CHECK(kept == Approx(100000 * sampler.keep_probability(0)).margin(500));
}

TEST_CASE("a threshold of zero keeps every word and draws nothing") {
  const Ids counts = {1000000, 1};
  const Subsampler sampler(counts, 0);
  Generator generator(7), same(7);
  CHECK(sampler.keep(0, generator));
  CHECK(generator.random() == same.random());
}

TEST_CASE("a subsampler refuses what makes no sense") {
  CHECK_THROWS_WITH(Subsampler(Ids{1}, -1e-3), ContainsSubstring("-0.001"));
  CHECK_THROWS_AS(Subsampler(Ids{1}, std::nan("")), taper::ValueError);
  CHECK_THROWS_WITH(Subsampler(Ids{1, -2}, 1e-3), ContainsSubstring("word 1 has count -2"));
  CHECK_THROWS_AS(Subsampler(Ids{1}, 1).keep_probability(1), taper::IndexError);
}

TEST_CASE("the alias method draws in proportion to the weights") {
  const std::vector<double> weights = {0.5, 3, 0, 1, 1.5, 0.25};
  const AliasSampler sampler(weights);
  double sum = 0;
  for (const double weight : weights) sum += weight;
  std::vector<int> drawn(weights.size());
  Generator generator(3);
  for (int i = 0; i < 200000; ++i) ++drawn[static_cast<std::size_t>(sampler.draw(generator))];
  for (std::size_t i = 0; i < weights.size(); ++i) {
    CHECK(sampler.probability(static_cast<std::int64_t>(i)) == Approx(weights[i] / sum).margin(1e-9));
    CHECK(drawn[i] == Approx(200000 * weights[i] / sum).margin(1000));
  }
  CHECK(drawn[2] == 0);
}

TEST_CASE("noise words follow the counts to the power of three quarters") {
  const Ids counts = {16, 1, 0, 81};
  const AliasSampler sampler = AliasSampler::unigram(counts);
  CHECK(sampler.probability(0) == Approx(8.0 / 36));
  CHECK(sampler.probability(1) == Approx(1.0 / 36));
  CHECK(sampler.probability(2) == 0);
  CHECK(sampler.probability(3) == Approx(27.0 / 36));
  CHECK(AliasSampler::unigram(counts, 1).probability(0) == Approx(16.0 / 98));
}

TEST_CASE("ten thousand uneven weights keep their probabilities") {
  std::vector<double> weights(10000);
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] = 1.0 / static_cast<double>(i + 1);
  const AliasSampler sampler(weights);
  for (const std::size_t i : {0U, 1U, 77U, 9999U})
    CHECK(sampler.probability(static_cast<std::int64_t>(i)) == Approx(weights[i] / sum).epsilon(1e-5));
}

TEST_CASE("the same generator draws the same numbers") {
  const std::vector<double> weights = {1, 2, 3, 4};
  const AliasSampler sampler(weights);
  Generator generator(1), again(1);
  Ids first(20), second(20);
  for (auto& number : first) number = sampler.draw(generator);
  for (auto& number : second) number = sampler.draw(again);
  CHECK(first == second);
}

TEST_CASE("weights that cannot be drawn from are refused") {
  using Weights = std::vector<double>;
  CHECK_THROWS_AS(AliasSampler(Weights{}), taper::ValueError);
  CHECK_THROWS_WITH(AliasSampler(Weights{0, 0}), ContainsSubstring("2 weights with the sum 0"));
  CHECK_THROWS_WITH(AliasSampler(Weights{1, -1}), ContainsSubstring("weight 1 is -1"));
  CHECK_THROWS_AS(AliasSampler(Weights{std::nan("")}), taper::ValueError);
  CHECK_THROWS_AS(AliasSampler::unigram(Ids{-1}), taper::ValueError);
  CHECK_THROWS_AS(AliasSampler(Weights{1}).probability(1), taper::IndexError);
}

TEST_CASE("a window of one pairs each word with its neighbours") {
  const Ids counts = {5, 5, 5, 5};
  SkipGramSampler sampler(counts, 1, 2, 0);
  Generator generator(1);
  SkipGramPairs pairs;
  sampler.add(Ids{0, 1, 2}, generator, pairs);
  CHECK(pairs.words == Ids{0, 1, 1, 2});
  CHECK(pairs.contexts == Ids{1, 0, 2, 1});
  REQUIRE(pairs.negatives.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(pairs.negatives[i] != pairs.contexts[i / 2]);
  sampler.add(Ids{3}, generator, pairs);
  CHECK(pairs.size() == 4);
  pairs.clear();
  CHECK(pairs.size() == 0);
}

TEST_CASE("the width of the window is drawn anew for each word, each width as often as another") {
  const Ids counts = {1, 1};
  SkipGramSampler sampler(counts, 4, 0, 0);
  Generator generator(11);
  SkipGramPairs pairs;
  const Ids sentence(20009, 0);
  sampler.add(sentence, generator, pairs);
  CHECK(pairs.size() == Approx(20000 * 2 * 2.5).epsilon(0.02));
}

TEST_CASE("words that were passed over do not count for the distance") {
  const Ids counts = {1000000, 1, 1};
  SkipGramSampler sampler(counts, 1, 0, 1e-6);
  Generator generator(1);
  SkipGramPairs pairs;
  sampler.add(Ids{1, 0, 0, 2}, generator, pairs);
  CHECK(pairs.words == Ids{1, 2});
  CHECK(pairs.contexts == Ids{2, 1});
}

TEST_CASE("a single word has no other noise than itself and is no endless loop") {
  SkipGramSampler sampler(Ids{3}, 1, 1, 0);
  Generator generator(1);
  SkipGramPairs pairs;
  sampler.add(Ids{0, 0}, generator, pairs);
  CHECK(pairs.negatives == Ids{0, 0});
}

TEST_CASE("a pair sampler refuses what makes no sense") {
  CHECK_THROWS_WITH(SkipGramSampler(Ids{1}, 0, 5, 0), ContainsSubstring("window 0"));
  CHECK_THROWS_WITH(SkipGramSampler(Ids{1}, 1, -1, 0), ContainsSubstring("-1 negatives"));
  CHECK_THROWS_AS(SkipGramSampler(Ids{0}, 1, 5, 0), taper::ValueError);
}
