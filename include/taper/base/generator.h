#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace taper {

/// A source of random bits: PyTorch's CPU generator (mt19937), draw by draw the same (torch.Generator). A value: a copy
/// goes on with the same numbers, each on its own. One generator belongs to one thread at a time; the default generator
/// is locked by every operation that draws from it, so threads may share it through operations and manual_seed alone.
class Generator {
 public:
  /// PyTorch's seed for a generator that was given none.
  static constexpr std::uint64_t default_seed = 67280421310721;

  explicit Generator(std::uint64_t seed = default_seed) { manual_seed(seed); }

  /// Starts anew from `seed`, of which the low 32 bits count, and forgets the cached normal sample. A negative seed is
  /// taken as seed + 2^64.
  Generator& manual_seed(std::uint64_t seed);
  template <std::signed_integral T>
  Generator& manual_seed(T seed) {
    return manual_seed(static_cast<std::uint64_t>(seed));
  }
  /// Starts anew from a seed that the system gives, and returns it.
  std::uint64_t seed();
  /// The seed last given, all 64 bits.
  std::uint64_t initial_seed() const { return seed_; }

  /// All that decides what comes next, cached normal sample included, as the 5056 bytes of PyTorch's get_state(): a
  /// state saved there goes on here with the same draws, and the reverse.
  std::vector<std::uint8_t> get_state() const;
  /// Goes on from a state of get_state(), Taper's or PyTorch's (5056 bytes, or 5048 as old versions wrote it).
  /// ValueError for another length and for what no generator can have left, which changes nothing.
  Generator& set_state(std::span<const std::uint8_t> state);

  /// The next 32 bits.
  std::uint32_t random() {
    if (position_ >= words) refill();
    return temper(state_[position_++]);
  }
  /// The next 64 bits: two draws, the first being the high half.
  std::uint64_t random64() {
    const std::uint64_t high = random();
    return high << 32 | random();
  }
  /// The next `count` values of random().
  void random(std::uint32_t* out, std::size_t count);

  /// Normal samples come in pairs; the second waits here for the next who wants a single one. False where none waits.
  bool take_cached_normal(double& sample) {
    if (!has_normal_) return false;
    sample = normal_;
    has_normal_ = false;
    return true;
  }
  void cache_normal(double sample) {
    normal_ = sample;
    has_normal_ = true;
  }

 private:
  static constexpr std::uint32_t words = 624;
  static constexpr std::uint32_t seeded = words + 1;  // all words are spent, and none of them was ever given out

  static constexpr std::uint32_t temper(std::uint32_t y) {
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680U;
    y ^= y << 15 & 0xefc60000U;
    return y ^ y >> 18;
  }
  void refill();

  std::uint32_t state_[words];
  std::uint32_t position_ = seeded;
  bool has_normal_ = false;
  bool has_float_normal_ = false;
  float float_normal_ = 0;  // no draw on a CPU asks for it: kept for get_state
  double normal_ = 0;
  std::uint64_t seed_ = default_seed;
};

/// The generator that operations draw from unless they are given one (torch.default_generator); seeded by the system at
/// start-up.
Generator& default_generator();

/// The default generator's state (torch.get_rng_state), and going on from one; see Generator::get_state and set_state.
std::vector<std::uint8_t> get_rng_state();
void set_rng_state(std::span<const std::uint8_t> state);
/// The seed last given to the default generator (torch.initial_seed).
std::uint64_t initial_seed();
/// Seeds the default generator from the system and returns the seed (torch.seed).
std::uint64_t seed();

/// Seeds the default generator (torch.manual_seed) and returns it. A negative seed is taken as seed + 2^64.
Generator& manual_seed(std::uint64_t seed);
template <std::signed_integral T>
Generator& manual_seed(T seed) {
  return manual_seed(static_cast<std::uint64_t>(seed));
}

}  // namespace taper
