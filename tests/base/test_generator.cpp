#include <cstdint>
#include <random>
#include <vector>

#include "catch.h"
#include "taper/base/generator.h"

using namespace taper;

TEST_CASE("a generator gives mt19937's words, one by one or many at once") {
  std::mt19937 reference(12345);
  Generator generator(12345);
  std::vector<std::uint32_t> words;
  for (const std::size_t count : {0U, 1U, 623U, 1U, 624U, 2000U, 7U}) {
    words.resize(count);
    generator.random(words.data(), count);
    bool same = true;
    for (const std::uint32_t word : words) same &= word == reference();
    CHECK(same);
    CHECK(generator.random() == reference());
  }
}

TEST_CASE("the first of the two draws of 64 bits is the high half") {
  Generator generator(1);
  Generator copy = generator;
  const std::uint64_t high = copy.random();
  const std::uint64_t low = copy.random();
  CHECK(generator.random64() == (high << 32 | low));
}

TEST_CASE("only the low 32 bits of a seed reach the state, and all 64 are remembered") {
  Generator generator(7);
  const std::uint32_t first = Generator(7).random();
  CHECK(generator.manual_seed((std::uint64_t{1} << 32) + 7).random() == first);
  CHECK(generator.initial_seed() == (std::uint64_t{1} << 32) + 7);
  CHECK(generator.manual_seed(-1).initial_seed() == ~std::uint64_t{0});
  CHECK(generator.random() == Generator(0xffffffffU).random());
  CHECK(Generator().initial_seed() == 67280421310721U);
}

TEST_CASE("a copy of a generator goes on from the same place, each on its own") {
  Generator generator(3);
  generator.random64();
  generator.cache_normal(0.5);
  Generator copy = generator;
  double sample = 0;
  CHECK(copy.take_cached_normal(sample));
  CHECK(sample == 0.5);
  CHECK_FALSE(copy.take_cached_normal(sample));
  CHECK(generator.random() == copy.random());
  CHECK(generator.take_cached_normal(sample));
}

TEST_CASE("a seed drops the waiting normal sample") {
  Generator generator(3);
  generator.cache_normal(0.5);
  double sample = 0;
  CHECK_FALSE(generator.manual_seed(3).take_cached_normal(sample));
}

TEST_CASE("manual_seed seeds the default generator, and seed() takes a fresh one from the system") {
  CHECK(&manual_seed(42) == &default_generator());
  CHECK(default_generator().random() == Generator(42).random());
  CHECK(manual_seed(-2).initial_seed() == ~std::uint64_t{1});
  Generator generator;
  const std::uint64_t fresh = generator.seed();
  CHECK(generator.initial_seed() == fresh);
  CHECK(generator.random() == Generator(fresh).random());
  CHECK(Generator().seed() != fresh);
}
