#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "dump.h"
#include "kernels/targets.h"
#include "taper/base/threads.h"

namespace taper_test {

/// `count` 32-bit numbers that look random; python_parity/kernel_values.py holds the same functions.
inline std::vector<std::uint64_t> hashes(std::int64_t seed, std::int64_t count) {
  constexpr std::uint64_t mask = 0xFFFFFFFF;
  std::vector<std::uint64_t> result;
  for (std::int64_t i = 1; i <= count; ++i) {
    std::uint64_t u = (static_cast<std::uint64_t>(i + seed * 1000003) * 2654435761U) & mask;
    u ^= u >> 15;
    u = (u * 2246822519U) & mask;
    result.push_back(u ^ (u >> 13));
  }
  return result;
}

template <class T>
std::vector<T> values(std::int64_t seed, std::int64_t count) {
  std::vector<T> result;
  for (const std::uint64_t u : hashes(seed, count)) {
    result.push_back(
        static_cast<T>(std::ldexp(std::ldexp(static_cast<double>(u), -32) - 0.5, static_cast<int>(u >> 3 & 7))));
  }
  return result;
}

/// Numbers in [0, limit).
template <class T = std::int64_t>
std::vector<T> integers(std::int64_t seed, std::int64_t count, std::uint64_t limit) {
  std::vector<T> result;
  for (const std::uint64_t u : hashes(seed, count)) result.push_back(static_cast<T>(u % limit));
  return result;
}

template <class T>
std::uint64_t bits(T x) {
  std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> word;
  static_assert(sizeof(word) == sizeof(x));
  std::memcpy(&word, &x, sizeof(x));
  return word;
}
template <class T>
std::vector<std::uint64_t> bits(const std::vector<T>& x) {
  std::vector<std::uint64_t> result;
  for (const T v : x) result.push_back(bits(v));
  return result;
}

/// One line of a file of vectors: `what dtype arguments... = words`.
struct Vector {
  std::string what;
  std::string dtype;
  std::vector<double> arguments;
  std::vector<std::uint64_t> words;
  std::int64_t integer(std::size_t i) const { return static_cast<std::int64_t>(arguments.at(i)); }
};
inline std::vector<Vector> read_vectors(const std::string& name) {
  std::ifstream file(dump_path(name));
  if (!file) throw std::runtime_error("no test data " + name);
  std::vector<Vector> result;
  for (std::string text; std::getline(file, text);) {
    if (text.empty() || text[0] == '#') continue;
    std::istringstream words(text);
    Vector v;
    words >> v.what >> v.dtype;
    std::string word;
    while (words >> word && word != "=") v.arguments.push_back(std::stod(word));
    while (words >> word) v.words.push_back(std::stoull(word, nullptr, 16));
    result.push_back(v);
  }
  return result;
}

/// Runs `body` with each SIMD target that the kernels were built for and this processor has, the plain one included.
template <class F>
void on_every_target(F&& body) {
  struct Restore {
    ~Restore() { hwy::GetChosenTarget().DeInit(); }
  } restore;
  for (const std::int64_t target :
       {std::int64_t{0}, static_cast<std::int64_t>(HWY_AVX2), static_cast<std::int64_t>(HWY_AVX3)}) {
    if ((hwy::SupportedTargets() & target) != target) continue;
    hwy::GetChosenTarget().Update(target);
    body();
  }
}

/// The result of `body` on one thread, after a look that three threads give the same bits.
template <class F>
auto same_on_threads(F&& body) {
  struct Restore {
    int count = taper::get_num_threads();
    ~Restore() { taper::set_num_threads(count); }
  } restore;
  taper::set_num_threads(1);
  auto one = body();
  taper::set_num_threads(3);
  auto three = body();
  if (one.size() != three.size() ||
      (!one.empty() && std::memcmp(one.data(), three.data(), one.size() * sizeof(one[0])) != 0))
    throw std::runtime_error("the result depends on the number of threads");
  return one;
}

}  // namespace taper_test
