#include "kernels/random.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>

#include "kernels/random_blocks.h"

namespace taper::kernels {
namespace {

constexpr std::int64_t chunk = 1024;
constexpr std::int64_t block = 16;

template <class T>
constexpr std::int64_t words_per_draw = sizeof(T) / sizeof(std::uint32_t);

// At most `chunk` elements.
template <class T>
void uniform_piece(T* out, std::int64_t n, T from, T width, Generator& generator) {
  std::uint32_t words[chunk * words_per_draw<T>];
  generator.random(words, static_cast<std::size_t>(n * words_per_draw<T>));
  uniform_from_words(words, out, n, from, width);
}

double draw(Generator& generator) {
  return static_cast<double>(static_cast<std::int64_t>(generator.random64() & ((std::uint64_t{1} << 53) - 1))) *
         0x1p-53;
}

double standard_normal(Generator& generator) {
  double sample = 0;
  if (generator.take_cached_normal(sample)) return sample;
  const double u1 = draw(generator);
  const double u2 = draw(generator);
  const double radius = std::sqrt(-2.0 * std::log(1.0 - u2));
  const double angle = 2.0 * std::numbers::pi * u1;
  generator.cache_normal(radius * std::sin(angle));
  return radius * std::cos(angle);
}

}  // namespace

template <class T>
void fill_uniform(T* out, std::int64_t n, double from, double to, Generator& generator) {
  const T low = static_cast<T>(from);
  const T width = static_cast<T>(to) - low;
  for (std::int64_t i = 0; i < n; i += chunk) uniform_piece(out + i, std::min(chunk, n - i), low, width, generator);
}

template <class T>
T next_normal(double mean, double std, Generator& generator) {
  return static_cast<T>(std::fma(standard_normal(generator), std, mean));
}

template <class T>
void fill_normal(T* out, std::int64_t n, double mean, double std, Generator& generator) {
  if (n < block) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = next_normal<T>(mean, std, generator);
    return;
  }
  const T m = static_cast<T>(mean);
  const T s = static_cast<T>(std);
  for (std::int64_t i = 0; i < n; i += chunk) {
    const std::int64_t count = std::min(chunk, n - i);
    uniform_piece(out + i, count, T{0}, T{1}, generator);
    normal_from_uniform(out + i, count / block, m, s);
  }
  if (n % block == 0) return;
  uniform_piece(out + n - block, block, T{0}, T{1}, generator);
  normal_from_uniform(out + n - block, 1, m, s);
}

template <class T>
void fill_randint(T* out, std::int64_t n, std::int64_t low, std::int64_t high, Generator& generator) {
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const auto base = static_cast<std::uint64_t>(low);
  const auto value = [base](std::uint64_t offset) { return static_cast<T>(static_cast<std::int64_t>(base + offset)); };
  if (range <= std::numeric_limits<std::uint32_t>::max()) {
    const auto narrow = static_cast<std::uint32_t>(range);
    for (std::int64_t i = 0; i < n; ++i) out[i] = value(generator.random() % narrow);
  } else if constexpr (sizeof(T) == 8 || std::is_floating_point_v<T>) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = value(generator.random64() % range);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = value(generator.random());
  }
}

void fill_randperm(std::int64_t* out, std::int64_t n, Generator& generator) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = i;
  for (std::int64_t i = 0; i + 1 < n; ++i)
    std::swap(out[i], out[i + static_cast<std::int64_t>(generator.random() % static_cast<std::uint64_t>(n - i))]);
}

template <class T>
void fill_bernoulli(T* out, std::int64_t n, double p, Generator& generator) {
  double uniform[chunk];
  for (std::int64_t i = 0; i < n; i += chunk) {
    const std::int64_t count = std::min(chunk, n - i);
    uniform_piece(uniform, count, 0.0, 1.0, generator);
    for (std::int64_t j = 0; j < count; ++j) out[i + j] = static_cast<T>(uniform[j] < p);
  }
}

template <class T, class P>
void fill_bernoulli(T* out, const P* p, std::int64_t n, Generator& generator) {
  P uniform[chunk];
  for (std::int64_t i = 0; i < n; i += chunk) {
    const std::int64_t count = std::min(chunk, n - i);
    uniform_piece(uniform, count, P{0}, P{1}, generator);
    for (std::int64_t j = 0; j < count; ++j) out[i + j] = static_cast<T>(uniform[j] < p[i + j]);
  }
}

template void fill_uniform(float*, std::int64_t, double, double, Generator&);
template void fill_normal(float*, std::int64_t, double, double, Generator&);
template float next_normal(double, double, Generator&);
template void fill_uniform(double*, std::int64_t, double, double, Generator&);
template void fill_normal(double*, std::int64_t, double, double, Generator&);
template double next_normal(double, double, Generator&);
template void fill_randint(float*, std::int64_t, std::int64_t, std::int64_t, Generator&);
template void fill_bernoulli(float*, std::int64_t, double, Generator&);
template void fill_bernoulli(float*, const float*, std::int64_t, Generator&);
template void fill_bernoulli(float*, const double*, std::int64_t, Generator&);
template void fill_randint(double*, std::int64_t, std::int64_t, std::int64_t, Generator&);
template void fill_bernoulli(double*, std::int64_t, double, Generator&);
template void fill_bernoulli(double*, const float*, std::int64_t, Generator&);
template void fill_bernoulli(double*, const double*, std::int64_t, Generator&);
template void fill_randint(std::int64_t*, std::int64_t, std::int64_t, std::int64_t, Generator&);
template void fill_bernoulli(std::int64_t*, std::int64_t, double, Generator&);
template void fill_bernoulli(std::int64_t*, const float*, std::int64_t, Generator&);
template void fill_bernoulli(std::int64_t*, const double*, std::int64_t, Generator&);
template void fill_randint(std::int32_t*, std::int64_t, std::int64_t, std::int64_t, Generator&);
template void fill_bernoulli(std::int32_t*, std::int64_t, double, Generator&);
template void fill_bernoulli(std::int32_t*, const float*, std::int64_t, Generator&);
template void fill_bernoulli(std::int32_t*, const double*, std::int64_t, Generator&);
template void fill_randint(bool*, std::int64_t, std::int64_t, std::int64_t, Generator&);
template void fill_bernoulli(bool*, std::int64_t, double, Generator&);
template void fill_bernoulli(bool*, const float*, std::int64_t, Generator&);
template void fill_bernoulli(bool*, const double*, std::int64_t, Generator&);

}  // namespace taper::kernels
