#include "taper/base/generator.h"

#include <algorithm>
#include <random>

#include "base/generator_lock.h"

namespace taper {
namespace {

constexpr std::uint32_t middle = 397;

constexpr std::uint32_t twist(std::uint32_t high, std::uint32_t low) {
  const std::uint32_t y = (high & 0x80000000U) | (low & 0x7fffffffU);
  return y >> 1 ^ ((0U - (low & 1U)) & 0x9908b0dfU);
}

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
  position_ = words;
  has_normal_ = false;
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
    if (position_ == words) refill();
    const std::size_t ready = std::min<std::size_t>(count, words - position_);
    for (std::size_t i = 0; i < ready; ++i) out[i] = temper(state_[position_ + i]);
    position_ += static_cast<std::uint32_t>(ready);
    out += ready;
    count -= ready;
  }
}

std::mutex& default_generator_mutex() {
  static std::mutex mutex;
  return mutex;
}

Generator& default_generator() {
  static Generator generator(system_seed());
  return generator;
}

Generator& manual_seed(std::uint64_t seed) {
  Generator& generator = default_generator();
  const GeneratorLock lock(generator);
  return generator.manual_seed(seed);
}

}  // namespace taper
