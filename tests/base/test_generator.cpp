#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <numbers>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "dump.h"
#include "kernels/random.h"
#include "taper/base/error.h"
#include "taper/base/generator.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

using Bytes = std::vector<std::uint8_t>;

std::string hex(const Bytes& bytes) {
  std::ostringstream out;
  out << std::hex << std::setfill('0');
  for (const std::uint8_t byte : bytes) out << std::setw(2) << static_cast<int>(byte);
  return out.str();
}

Bytes unhex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

// Three normal samples and a word, as the dump has them.
std::string following(Generator& generator) {
  std::ostringstream out;
  out << std::hex << std::setfill('0');
  for (int i = 0; i < 3; ++i) {
    const auto sample = kernels::next_normal<double>(0.0, 1.0, generator);
    out << std::setw(16) << std::bit_cast<std::uint64_t>(sample) << ' ';
  }
  out << std::setw(8) << generator.random() % 0xffffffffU;
  return out.str();
}

Generator with_history(const std::string& seed, int words, int normals) {
  Generator generator(seed[0] == '-' ? static_cast<std::uint64_t>(std::stoll(seed)) : std::stoull(seed));
  for (int i = 0; i < words; ++i) generator.random();
  for (int i = 0; i < normals; ++i) kernels::next_normal<double>(0.0, 1.0, generator);
  return generator;
}

template <class T>
void put(Bytes& state, std::size_t at, T value) {
  std::memcpy(state.data() + at, &value, sizeof value);
}

}  // namespace

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

TEST_CASE("a state has PyTorch's bytes, and one of PyTorch's goes on with the same draws", "[parity]") {
  std::ifstream file(taper_test::dump_path("rng_states.txt"));
  int states = 0;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    std::istringstream in(line);
    std::string seed, state, next;
    int words = 0;
    int normals = 0;
    in >> seed >> words >> normals >> state >> std::ws;
    std::getline(in, next);
    INFO("seed " << seed << ", " << words << " words, " << normals << " normal samples");
    Generator mine = with_history(seed, words, normals);
    const bool same_bytes = hex(mine.get_state()) == state;
    CHECK(same_bytes);
    CHECK(following(mine) == next);
    Generator theirs;
    theirs.set_state(unhex(state));
    CHECK(theirs.initial_seed() == mine.initial_seed());
    CHECK(following(theirs) == next);
    CHECK(theirs.get_state() == mine.get_state());
    ++states;
  }
  CHECK(states >= 5);
}

TEST_CASE("states are written for PyTorch to go on from", "[parity]") {
  const char* folder = std::getenv("TAPER_PARITY_DIR");
  std::ostringstream out;
  const int histories[][2] = {{0, 0}, {3, 1}, {624, 0}, {623, 3}, {1000, 2}};
  for (const auto& [words, normals] : histories) {
    const std::string seed = std::to_string(-77 * words - normals);
    Generator generator = with_history(seed, words, normals);
    const std::string state = hex(generator.get_state());
    CHECK(state.size() == 2 * 5056);
    out << seed << ' ' << words << ' ' << normals << ' ' << state << ' ' << following(generator) << '\n';
  }
  if (folder != nullptr) std::ofstream(std::string(folder) + "/rng_states_taper.txt") << out.str();
}

TEST_CASE("a state set again gives the same draws, wherever it was taken") {
  Generator generator(11);
  for (int i = 0; i < 1300; ++i) {
    const Bytes state = generator.get_state();
    Generator other;
    other.set_state(state);
    if (other.get_state() != state) FAIL_CHECK("other bytes after " << i << " draws");
    if (other.random() != generator.random()) FAIL_CHECK("another draw after " << i);
  }
}

TEST_CASE("an old state's waiting normal sample is made from what it kept") {
  Bytes state = Generator(2).get_state();
  put(state, 5016, 0.2);
  put(state, 5024, 7.0);
  put(state, 5032, 1.5);
  put(state, 5040, 1);
  double sample = 0;
  Generator generator;
  generator.set_state(state);
  CHECK(generator.take_cached_normal(sample));
  CHECK(sample == 7.0);
  state.resize(5048);
  generator.set_state(state);
  CHECK(generator.take_cached_normal(sample));
  CHECK(sample == 1.5 * std::sin(2.0 * std::numbers::pi * 0.2));
}

TEST_CASE("a waiting float sample of PyTorch's is kept, and a seed drops it") {
  Bytes state = Generator(2).get_state();
  put(state, 5048, 0.5F);
  put(state, 5052, std::uint8_t{1});
  Generator generator;
  CHECK(generator.set_state(state).get_state() == state);
  CHECK(generator.manual_seed(2).get_state() == Generator(2).get_state());
}

TEST_CASE("what is no state is refused and changes nothing") {
  Generator generator(8);
  const Bytes before = generator.get_state();
  CHECK_THROWS_WITH(generator.set_state(Bytes(3)),
                    "set_state: a state of 3 bytes; PyTorch's has 5056, or 5048 from an old version");
  CHECK_THROWS_WITH(generator.set_state(Bytes(5056)), ContainsSubstring("Invalid mt19937 state"));
  for (const auto& [left, next] : {std::pair{0, 0}, {-3, 628}, {2, 0}, {625, 0}, {1, 625}, {624, 624}, {10, 100}}) {
    Bytes state = before;
    put(state, 8, left);
    put(state, 16, std::int64_t{next});
    INFO(left << " left, next " << next);
    CHECK_THROWS_AS(generator.set_state(state), ValueError);
  }
  CHECK(generator.get_state() == before);
  CHECK_THROWS_AS(set_rng_state(Bytes(7)), ValueError);
}

TEST_CASE("the default generator's state is kept and restored") {
  manual_seed(12);
  default_generator().random();
  const Bytes state = get_rng_state();
  const std::uint32_t next = default_generator().random();
  CHECK(initial_seed() == 12);
  const std::uint64_t fresh = seed();
  CHECK(initial_seed() == fresh);
  set_rng_state(state);
  CHECK(initial_seed() == 12);
  CHECK(default_generator().random() == next);
}
