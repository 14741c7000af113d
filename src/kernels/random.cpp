#include "kernels/random.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>
#include <vector>

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
void fill_integers(T* out, std::int64_t n, std::int64_t base, std::uint64_t range, Generator& generator) {
  const auto value = [base](std::uint64_t offset) {
    return static_cast<T>(static_cast<std::int64_t>(static_cast<std::uint64_t>(base) + offset));
  };
  if (range != 0 && range <= std::numeric_limits<std::uint32_t>::max()) {
    const auto narrow = static_cast<std::uint32_t>(range);
    for (std::int64_t i = 0; i < n; ++i) out[i] = value(generator.random() % narrow);
  } else if constexpr (sizeof(T) == 8 || std::is_floating_point_v<T>) {
    for (std::int64_t i = 0; i < n; ++i) {
      const std::uint64_t bits = generator.random64();
      out[i] = value(range == 0 ? bits : bits % range);
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = value(generator.random());
  }
}

template <class T>
void fill_randint(T* out, std::int64_t n, std::int64_t low, std::int64_t high, Generator& generator) {
  fill_integers(out, n, low, static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low), generator);
}

template <class T>
void fill_random(T* out, std::int64_t n, Generator& generator) {
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<T, bool>) {
      out[i] = (generator.random() & 1U) != 0;
    } else if constexpr (std::is_floating_point_v<T>) {
      constexpr std::uint64_t range = (std::uint64_t{1} << std::numeric_limits<T>::digits) + 1;
      const std::uint64_t bits = sizeof(T) == 8 ? generator.random64() : generator.random();
      out[i] = static_cast<T>(static_cast<std::int64_t>(bits % range));
    } else {
      const std::uint64_t bits = sizeof(T) == 8 ? generator.random64() : generator.random();
      out[i] = static_cast<T>(bits & static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
    }
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

template <class T>
void fill_exponential(T* out, std::int64_t n, double lambda, Generator& generator) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(-1.0 / lambda * std::log(1.0 - draw(generator)));
}

template <class T>
void fill_log_normal(T* out, std::int64_t n, double mean, double std, Generator& generator) {
  for (std::int64_t i = 0; i < n; ++i)
    out[i] = static_cast<T>(std::exp(std::fma(standard_normal(generator), std, mean)));
}

template <class T>
void fill_cauchy(T* out, std::int64_t n, double median, double sigma, Generator& generator) {
  for (std::int64_t i = 0; i < n; ++i)
    out[i] = static_cast<T>(std::fma(sigma, std::tan(std::numbers::pi * (draw(generator) - 0.5)), median));
}

template <class T>
void fill_geometric(T* out, std::int64_t n, double p, Generator& generator) {
  for (std::int64_t i = 0; i < n; ++i) {
    const double trials = std::ceil(std::log(draw(generator)) / std::log(1.0 - p));
    // Too large for an integer: what the machine's own conversion gives, as in PyTorch.
    constexpr double limit = std::is_floating_point_v<T> ? std::numeric_limits<double>::infinity()
                                                         : -static_cast<double>(std::numeric_limits<T>::min());
    out[i] = std::is_floating_point_v<T> || trials < limit ? static_cast<T>(trials) : std::numeric_limits<T>::min();
  }
}

template <class T>
void draw_with_replacement(const T* p, std::int64_t n, std::int64_t* out, std::int64_t samples, T* cumulative,
                           Generator& generator) {
  T sum = 0;
  for (std::int64_t i = 0; i < n; ++i) cumulative[i] = sum += p[i];
  for (std::int64_t i = 0; i < n; ++i) cumulative[i] /= sum;
  cumulative[n - 1] = 1;
  for (std::int64_t i = 0; i < samples; ++i) {
    const double x = draw(generator);
    const T* found =
        std::lower_bound(cumulative, cumulative + n, x, [](T c, double u) { return static_cast<double>(c) < u; });
    out[i] = found - cumulative;
  }
}

template <class T>
void largest(const T* scores, std::int64_t n, std::int64_t* out, std::int64_t count) {
  std::vector<std::pair<T, std::int64_t>> queue(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) queue[static_cast<std::size_t>(i)] = {scores[i], i};
  const auto before = [](const auto& a, const auto& b) {
    return (std::isnan(a.first) && !std::isnan(b.first)) || a.first > b.first;
  };
  if (count == 1) {
    std::iter_swap(queue.begin(), std::min_element(queue.begin(), queue.end(), before));
  } else if (count * 64 <= n) {
    std::partial_sort(queue.begin(), queue.begin() + count, queue.end(), before);
  } else {
    std::nth_element(queue.begin(), queue.begin() + count - 1, queue.end(), before);
    std::sort(queue.begin(), queue.begin() + count - 1, before);
  }
  for (std::int64_t i = 0; i < count; ++i) out[i] = queue[static_cast<std::size_t>(i)].second;
}

using I64 = std::int64_t;
template void fill_uniform(float*, I64, double, double, Generator&);
template void fill_uniform(double*, I64, double, double, Generator&);
template void fill_normal(float*, I64, double, double, Generator&);
template void fill_normal(double*, I64, double, double, Generator&);
template float next_normal(double, double, Generator&);
template double next_normal(double, double, Generator&);
template void fill_exponential(float*, I64, double, Generator&);
template void fill_exponential(double*, I64, double, Generator&);
template void fill_log_normal(float*, I64, double, double, Generator&);
template void fill_log_normal(double*, I64, double, double, Generator&);
template void fill_cauchy(float*, I64, double, double, Generator&);
template void fill_cauchy(double*, I64, double, double, Generator&);
template void fill_geometric(float*, I64, double, Generator&);
template void fill_geometric(double*, I64, double, Generator&);
template void fill_geometric(I64*, I64, double, Generator&);
template void fill_geometric(std::int32_t*, I64, double, Generator&);
template void draw_with_replacement(const float*, I64, I64*, I64, float*, Generator&);
template void draw_with_replacement(const double*, I64, I64*, I64, double*, Generator&);
template void largest(const float*, I64, I64*, I64);
template void largest(const double*, I64, I64*, I64);

template void fill_integers(float*, I64, I64, std::uint64_t, Generator&);
template void fill_randint(float*, I64, I64, I64, Generator&);
template void fill_random(float*, I64, Generator&);
template void fill_bernoulli(float*, I64, double, Generator&);
template void fill_bernoulli(float*, const float*, I64, Generator&);
template void fill_bernoulli(float*, const double*, I64, Generator&);

template void fill_integers(double*, I64, I64, std::uint64_t, Generator&);
template void fill_randint(double*, I64, I64, I64, Generator&);
template void fill_random(double*, I64, Generator&);
template void fill_bernoulli(double*, I64, double, Generator&);
template void fill_bernoulli(double*, const float*, I64, Generator&);
template void fill_bernoulli(double*, const double*, I64, Generator&);

template void fill_integers(I64*, I64, I64, std::uint64_t, Generator&);
template void fill_randint(I64*, I64, I64, I64, Generator&);
template void fill_random(I64*, I64, Generator&);
template void fill_bernoulli(I64*, I64, double, Generator&);
template void fill_bernoulli(I64*, const float*, I64, Generator&);
template void fill_bernoulli(I64*, const double*, I64, Generator&);

template void fill_integers(std::int32_t*, I64, I64, std::uint64_t, Generator&);
template void fill_randint(std::int32_t*, I64, I64, I64, Generator&);
template void fill_random(std::int32_t*, I64, Generator&);
template void fill_bernoulli(std::int32_t*, I64, double, Generator&);
template void fill_bernoulli(std::int32_t*, const float*, I64, Generator&);
template void fill_bernoulli(std::int32_t*, const double*, I64, Generator&);

template void fill_integers(bool*, I64, I64, std::uint64_t, Generator&);
template void fill_randint(bool*, I64, I64, I64, Generator&);
template void fill_random(bool*, I64, Generator&);
template void fill_bernoulli(bool*, I64, double, Generator&);
template void fill_bernoulli(bool*, const float*, I64, Generator&);
template void fill_bernoulli(bool*, const double*, I64, Generator&);

}  // namespace taper::kernels
