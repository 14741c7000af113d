// What kernels of exponentials along an axis share. Read once for each target, inside the pattern of simd.h.
#if defined(TAPER_KERNELS_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TAPER_KERNELS_SOFTMAX_INL_H_
#undef TAPER_KERNELS_SOFTMAX_INL_H_
#else
#define TAPER_KERNELS_SOFTMAX_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <type_traits>

#include "kernels/lanes-inl.h"
#include "kernels/math.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// NaN loses here; the sum of the exponentials finds it.
template <class T>
HWY_INLINE T larger(T best, T x) {
  return x > best ? x : best;
}

// n is at least `lanes`: the last numbers are read as a whole vector, some of them again.
template <class T>
T largest(const T* x, std::int64_t n) {
  constexpr std::int64_t wide = 4 * lanes;
  T best[lanes];
  std::copy_n(x + n - lanes, lanes, best);
  std::int64_t i = 0;
  if (n >= wide) {
    T four[wide];
    std::copy_n(x, wide, four);
    for (i = wide; i + wide <= n; i += wide)
      for (std::int64_t j = 0; j < wide; ++j) four[j] = larger(four[j], x[i + j]);
    for (std::int64_t j = 0; j < wide; ++j) best[j % lanes] = larger(best[j % lanes], four[j]);
  }
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) best[j] = larger(best[j], x[i + j]);
  return fold(best, [](T a, T b) HWY_ATTR { return larger(larger(-std::numeric_limits<T>::infinity(), a), b); });
}

// The sum of exp(x - shift), where shift is the largest x; `out`, where `keep`, gets the terms. Both are `exp_unit`
// times what they say.
template <bool keep, class T>
HWY_INLINE double exp_sum(const T* x, std::int64_t n, T shift, T* out) {
  return lane_sum<T>(n, [=](std::int64_t i) HWY_ATTR {
    const T e = math::exp_to_unit(x[i] - shift);
    if constexpr (keep) out[i] = e;
    return e;
  });
}

#if HWY_NATIVE_FMA  // the same of float, bit for bit, by vectors

using Floats = hn::CappedTag<float, static_cast<std::size_t>(lanes)>;
inline constexpr std::int64_t floats = static_cast<std::int64_t>(hn::MaxLanes(Floats()));

// Its bound is one instruction here; of the plain loop's g++ makes a comparison and a blend for AVX-512, and more.
HWY_INLINE hn::Vec<Floats> exp_to_unit(hn::Vec<Floats> x) {
  const Floats d;
  const hn::RebindToUnsigned<Floats> bits;
  const auto bounded = hn::Max(hn::Set(d, math::exp_lowest), x);  // of NaN and a number the second
  const auto shift = hn::Set(d, math::integer_shift + math::exp_unit_bias);
  const auto shifted = hn::MulAdd(bounded, hn::Set(d, math::log2_e), shift);
  const auto n = hn::Sub(shifted, shift);
  const auto high = hn::MulAdd(n, hn::Set(d, -math::ln2_high), bounded);
  const auto r = hn::MulAdd(n, hn::Set(d, -math::ln2_low), high);
  auto p = hn::Set(d, *std::rbegin(math::exp_terms));
#pragma GCC unroll 16
  for (int i = static_cast<int>(std::size(math::exp_terms)) - 2; i >= 0; --i)
    p = hn::MulAdd(p, r, hn::Set(d, math::exp_terms[i]));
  return hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(bits, shifted))));
}

// lane_sum of n >= lanes floats, of which f(i) gives those from i on.
template <class F>
HWY_INLINE double vector_sum(std::int64_t n, F f) {
  const Floats d;
  const hn::CappedTag<double, static_cast<std::size_t>(lanes)> wide;
  constexpr std::int64_t chunk = 32 * lanes;
  double total[lanes] = {};
  const auto add = [&](std::int64_t begin, std::int64_t end, std::int64_t from) HWY_ATTR {
    hn::Vec<Floats> acc[lanes / floats];
    for (auto& sum : acc) sum = hn::Zero(d);
    for (std::int64_t i = begin; i < end;) {
      for (auto& sum : acc) {
        sum = hn::Add(sum, f(i));
        i += floats;
      }
    }
    float sums[lanes];
    for (std::int64_t v = 0; v * floats < lanes; ++v) hn::StoreU(acc[v], d, sums + v * floats);
    std::fill_n(sums, from, 0.0F);
    for (std::int64_t j = 0; j < lanes; j += static_cast<std::int64_t>(hn::MaxLanes(wide))) {
      const auto some = hn::PromoteTo(wide, hn::LoadU(hn::Rebind<float, decltype(wide)>(), sums + j));
      hn::StoreU(hn::Add(hn::LoadU(wide, total + j), some), wide, total + j);
    }
  };
  const std::int64_t whole = n / lanes * lanes;
  for (std::int64_t begin = 0; begin < whole; begin += chunk) add(begin, std::min(whole, begin + chunk), 0);
  if (whole < n) add(n - lanes, n, lanes - (n - whole));
  return fold(total, [](double a, double b) HWY_ATTR { return a + b; });
}

template <bool keep>
HWY_INLINE double exp_sum(const float* x, std::int64_t n, float shift, float* out) {
  return vector_sum(n, [=](std::int64_t i) HWY_ATTR {
    const Floats d;
    const auto e = exp_to_unit(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, shift)));
    if constexpr (keep) hn::StoreU(e, d, out + i);
    return e;
  });
}

#endif

// The largest of each of `width` adjacent columns.
template <class T, class Width>
HWY_INLINE void largest_of_columns(const T* x, std::int64_t n, std::int64_t inner, Width width, T* best) {
  std::fill_n(best, static_cast<std::int64_t>(width), -std::numeric_limits<T>::infinity());
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < width; ++j) best[j] = larger(best[j], x[i * inner + j]);
}

// exp_sum of each of `width` adjacent columns.
template <bool keep, class T, class Width>
HWY_INLINE void exp_sums(const T* x, std::int64_t n, std::int64_t inner, Width width, const T* shift, T* out,
                         double* total) {
  std::fill_n(total, static_cast<std::int64_t>(width), 0.0);
  for (std::int64_t i = 0; i < n; ++i) {
    const T* from = x + i * inner;
    T* to = out + i * inner;
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) {
      const T e = math::exp_to_unit(from[j] - shift[j]);
      if constexpr (keep) to[j] = e;
      total[j] += static_cast<double>(e);
    }
  }
}

// Covers `width` columns with calls of f(first column, number of columns), of which the last may take some columns
// again: the number is a constant unless it is smaller than a vector.
template <class F>
HWY_INLINE void vectors_of_columns(std::int64_t width, F f) {
  constexpr std::integral_constant<std::int64_t, lanes> whole;
  if (width < lanes) return f(std::int64_t{0}, width);
  for (std::int64_t from = 0; from + lanes <= width; from += lanes) f(from, whole);
  if (width % lanes != 0) f(width - lanes, whole);
}

inline constexpr std::int64_t short_row = 16;  // up to here rows are treated as columns, a vector of them at a time

template <class T>
void into_columns(const T* x, std::int64_t rows, std::int64_t n, T* columns) {
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t r = 0; r < rows; ++r) columns[i * lanes + r] = x[r * n + i];
}
template <class T>
void from_columns(const T* columns, std::int64_t rows, std::int64_t n, T* x) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t i = 0; i < n; ++i) x[r * n + i] = columns[i * lanes + r];
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#endif
