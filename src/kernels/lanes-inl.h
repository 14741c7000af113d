// Sums in lanes that are the same on every target. Read once for each target, inside the pattern of simd.h.
#if defined(TAPER_KERNELS_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TAPER_KERNELS_LANES_INL_H_
#undef TAPER_KERNELS_LANES_INL_H_
#else
#define TAPER_KERNELS_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

inline constexpr std::int64_t lanes = 16;  // on every target: the order of additions is part of the result

// Sixteen to one, as a tree.
template <class T, class Op>
HWY_INLINE T fold(T (&x)[lanes], Op op) {
  for (int j = 0; j < 8; ++j) x[j] = op(x[j], x[j + 8]);
  for (int j = 0; j < 4; ++j) x[j] = op(x[j], x[j + 4]);
  return op(op(x[0], x[2]), op(x[1], x[3]));
}

// The sum of f(0) ... f(n - 1): lanes of T for a while, which go into lanes of double. f may be called again for the
// last numbers.
template <class T, class F>
HWY_INLINE double lane_sum(std::int64_t n, F f) {
  constexpr std::int64_t chunk = 32 * lanes;
  double total[lanes] = {};
  if (n < lanes) {
    for (std::int64_t i = 0; i < n; ++i) total[0] += static_cast<double>(f(i));
    return total[0];
  }
  const std::int64_t whole = n / lanes * lanes;
  for (std::int64_t from = 0; from < whole; from += chunk) {
    const std::int64_t end = std::min(whole, from + chunk);
    T acc[lanes] = {};
    for (std::int64_t i = from; i < end; i += lanes) {
#pragma omp simd
      for (std::int64_t j = 0; j < lanes; ++j) acc[j] += f(i + j);
    }
    for (std::int64_t j = 0; j < lanes; ++j) total[j] += static_cast<double>(acc[j]);
  }
  if (whole < n) {
    T last[lanes];
#pragma omp simd
    for (std::int64_t j = 0; j < lanes; ++j) last[j] = f(n - lanes + j);
    for (std::int64_t j = 0; j < lanes; ++j) total[j] += j >= lanes - (n - whole) ? static_cast<double>(last[j]) : 0.0;
  }
  return fold(total, [](double a, double b) HWY_ATTR { return a + b; });
}

// Calls f(0) ... f(n - 1), perhaps again for the last numbers; n is at least `lanes`.
template <class F>
HWY_INLINE void each(std::int64_t n, F f) {
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t j = 0; j < lanes; ++j) f(i + j);
  }
  if (i == n) return;
#pragma omp simd
  for (std::int64_t j = 0; j < lanes; ++j) f(n - lanes + j);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#endif
