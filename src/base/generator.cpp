#include "taper/base/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <random>

#include "base/generator_lock.h"
#include "taper/base/error.h"

namespace taper {
namespace {

constexpr std::uint32_t middle = 397;

constexpr std::uint32_t twist(std::uint32_t high, std::uint32_t low) {
  const std::uint32_t y = (high & 0x80000000U) | (low & 0x7fffffffU);
  return y >> 1 ^ ((0U - (low & 1U)) & 0x9908b0dfU);
}

// The bytes of PyTorch's state. What was the second of a pair was once kept as the numbers that it is made from.
struct StateBytes {
  std::uint64_t seed;
  std::int32_t left;  // words until the next refill, that one's first included
  std::int32_t seeded;
  std::uint64_t next;
  std::uint64_t words[624];
  double normal_x;
  double normal;
  double normal_rho;
  std::int32_t has_normal;
  std::int32_t padding;
  float float_normal;
  std::uint8_t has_float_normal;
  std::uint8_t end[3];
};
constexpr std::size_t state_size = 5056;
constexpr std::size_t old_state_size = 5048;
static_assert(sizeof(StateBytes) == state_size);
static_assert(std::endian::native == std::endian::little);

std::uint64_t system_seed() {
  std::random_device device;
  const std::uint64_t high = device();
  return high << 32 | device();
}

}  // namespace

Generator& Generator::manual_seed(std::uint64_t seed) {
  seed_ = seed;
  state_[0] = static_cast<std::uint32_t>(seed);
  for (std::uint32_t i = 1; i < words; ++i) state_[i] = 1812433253U * (state_[i - 1] ^ state_[i - 1] >> 30) + i;
  position_ = seeded;
  has_normal_ = false;
  has_float_normal_ = false;
  return *this;
}

std::uint64_t Generator::seed() {
  const std::uint64_t fresh = system_seed();
  manual_seed(fresh);
  return fresh;
}

// Both loops reach further ahead or back than a vector is long, so the compiler may take several words at a time.
void Generator::refill() {
  for (std::uint32_t i = 0; i < words - middle; ++i) state_[i] = state_[i + middle] ^ twist(state_[i], state_[i + 1]);
  for (std::uint32_t i = words - middle; i < words - 1; ++i)
    state_[i] = state_[i + middle - words] ^ twist(state_[i], state_[i + 1]);
  state_[words - 1] = state_[middle - 1] ^ twist(state_[words - 1], state_[0]);
  position_ = 0;
}

void Generator::random(std::uint32_t* out, std::size_t count) {
  while (count > 0) {
    if (position_ >= words) refill();
    const std::size_t ready = std::min<std::size_t>(count, words - position_);
    for (std::size_t i = 0; i < ready; ++i) out[i] = temper(state_[position_ + i]);
    position_ += static_cast<std::uint32_t>(ready);
    out += ready;
    count -= ready;
  }
}

std::vector<std::uint8_t> Generator::get_state() const {
  StateBytes bytes{};
  bytes.seed = seed_;
  bytes.left = position_ >= words ? 1 : static_cast<std::int32_t>(words + 1 - position_);
  bytes.seeded = 1;
  bytes.next = position_ == seeded ? 0 : position_;
  std::copy(state_, state_ + words, bytes.words);
  if (has_normal_) bytes.normal = normal_;
  bytes.has_normal = has_normal_ ? 1 : 0;
  if (has_float_normal_) bytes.float_normal = float_normal_;
  bytes.has_float_normal = has_float_normal_ ? 1 : 0;
  std::vector<std::uint8_t> state(state_size);
  std::memcpy(state.data(), &bytes, state_size);
  return state;
}

Generator& Generator::set_state(std::span<const std::uint8_t> state) {
  if (state.size() != state_size && state.size() != old_state_size)
    throw ValueError(fmt::format("set_state: a state of {} bytes; PyTorch's has {}, or {} from an old version",
                                 state.size(), state_size, old_state_size));
  StateBytes bytes{};
  std::memcpy(&bytes, state.data(), state.size());
  const bool spent = bytes.left == 1;
  if (bytes.seeded == 0 || bytes.next > words || bytes.left > static_cast<std::int32_t>(words) ||
      (!spent && bytes.next + static_cast<std::uint64_t>(bytes.left) != seeded))
    throw ValueError(fmt::format(
        "set_state: Invalid mt19937 state: seeded {}, left {}, next {}; seeded has to be 1, left 1 or next + "
        "left {}",
        bytes.seeded, bytes.left, bytes.next, seeded));
  std::transform(bytes.words, bytes.words + words, state_,
                 [](std::uint64_t word) { return static_cast<std::uint32_t>(word); });
  seed_ = bytes.seed;
  const auto next = static_cast<std::uint32_t>(bytes.next);
  position_ = !spent ? next : next == 0 ? seeded : words;
  has_normal_ = bytes.has_normal != 0;
  const bool old = state.size() == old_state_size;
  normal_ = old ? bytes.normal_rho * std::sin(2.0 * std::numbers::pi * bytes.normal_x) : bytes.normal;
  has_float_normal_ = bytes.has_float_normal != 0;
  float_normal_ = bytes.float_normal;
  return *this;
}

std::mutex& default_generator_mutex() {
  static std::mutex mutex;
  return mutex;
}

Generator& default_generator() {
  static Generator generator(system_seed());
  return generator;
}

std::vector<std::uint8_t> get_rng_state() {
  const GeneratorLock lock(default_generator());
  return default_generator().get_state();
}

void set_rng_state(std::span<const std::uint8_t> state) {
  const GeneratorLock lock(default_generator());
  default_generator().set_state(state);
}

std::uint64_t initial_seed() {
  const GeneratorLock lock(default_generator());
  return default_generator().initial_seed();
}

std::uint64_t seed() {
  const GeneratorLock lock(default_generator());
  return default_generator().seed();
}

Generator& manual_seed(std::uint64_t seed) {
  Generator& generator = default_generator();
  const GeneratorLock lock(generator);
  return generator.manual_seed(seed);
}

}  // namespace taper
