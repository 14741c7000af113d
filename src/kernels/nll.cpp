#include "kernels/nll.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace taper::kernels {
namespace {

// Calls f(number of the target, its class, where its log-probability stands) for every target that is not ignored.
template <class F>
void for_each_target(std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
                     std::int64_t ignore, F f) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      const std::int64_t k = o * inner + i;
      if (target[k] != ignore) f(k, target[k], (o * n + target[k]) * inner + i);
    }
}

}  // namespace

template <class T>
void nll(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
         std::int64_t ignore, const T* weight, T* out) {
  std::fill_n(out, outer * inner, T(0));
  for_each_target(outer, n, inner, target, ignore, [&](std::int64_t k, std::int64_t c, std::int64_t at) {
    out[k] = -x[at] * (weight != nullptr ? weight[c] : T(1));
  });
}

template <class T>
T nll_sum(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
          std::int64_t ignore, const T* weight, T* total_weight) {
  // Eight partial sums, each of which takes over the one before it whenever a power of two of terms has gone by.
  constexpr std::size_t levels = 8;
  std::array<T, levels> losses{};
  std::array<T, levels> weights{};
  const std::int64_t count = outer * inner;
  const int log2 = count <= 1 ? 0 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count - 1)));
  const int power = std::max(4, log2 / static_cast<int>(levels));
  const std::int64_t mask = (std::int64_t{1} << power) - 1;
  std::int64_t seen = 0;
  for_each_target(outer, n, inner, target, ignore, [&](std::int64_t k, std::int64_t c, std::int64_t at) {
    ++seen;
    if (weight != nullptr) {
      losses[0] -= x[at] * weight[c];
      weights[0] += weight[c];
    } else {
      losses[0] -= x[at];
    }
    for (std::size_t j = 0; j + 1 < levels; ++j) {
      if ((k & (mask << (static_cast<int>(j) * power))) != 0) break;
      losses[j + 1] += losses[j];
      weights[j + 1] += weights[j];
      losses[j] = weights[j] = 0;
    }
  });
  T loss = 0;
  T total = 0;
  for (std::size_t j = 0; j < levels; ++j) {
    loss += losses[j];
    total += weights[j];
  }
  *total_weight = weight != nullptr ? total : static_cast<T>(seen);
  return loss;
}

template <class T>
void nll_backward(const T* g, std::int64_t step, std::int64_t outer, std::int64_t n, std::int64_t inner,
                  const std::int64_t* target, std::int64_t ignore, const T* weight, T* dx) {
  for_each_target(outer, n, inner, target, ignore, [&](std::int64_t k, std::int64_t c, std::int64_t at) {
    dx[at] = (weight != nullptr ? weight[c] : T(1)) * -g[k * step];
  });
}

using I64 = std::int64_t;
template void nll(const float*, I64, I64, I64, const I64*, I64, const float*, float*);
template void nll(const double*, I64, I64, I64, const I64*, I64, const double*, double*);
template float nll_sum(const float*, I64, I64, I64, const I64*, I64, const float*, float*);
template double nll_sum(const double*, I64, I64, I64, const I64*, I64, const double*, double*);
template void nll_backward(const float*, I64, I64, I64, I64, const I64*, I64, const float*, float*);
template void nll_backward(const double*, I64, I64, I64, I64, const I64*, I64, const double*, double*);

}  // namespace taper::kernels
