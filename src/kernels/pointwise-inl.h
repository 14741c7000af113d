// The loops of pointwise kernels and the tables that hold them. Read once for each target, inside the pattern of
// simd.h.
#if defined(TAPER_KERNELS_POINTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TAPER_KERNELS_POINTWISE_INL_H_
#undef TAPER_KERNELS_POINTWISE_INL_H_
#else
#define TAPER_KERNELS_POINTWISE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/pointwise.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

// An operand may be the output itself, element for element, so each loop may be taken as free of dependences.
template <class F, class In, class Out>
void unary(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx, const double* parameters) {
  const F f(parameters);
  auto* o = static_cast<Out*>(out);
  const auto* a = static_cast<const In*>(x);
  if (so == 1 && sx == 1) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = f(a[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) o[i * so] = f(a[i * sx]);
  }
}

// An operation on two operands of which one is often a single number: worth a loop of its own.
struct ByNumber {};

template <class F, class In, class Out>
[[gnu::noinline]] void contiguous(std::int64_t n, Out* o, const In* a, const In* b) {
  const F f;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) o[i] = f(a[i], b[i]);
}

template <class F, class In, class Out>
[[gnu::noinline]] void binary(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx, const void* y,
                              std::int64_t sy) {
  const F f;
  auto* o = static_cast<Out*>(out);
  const auto* a = static_cast<const In*>(x);
  const auto* b = static_cast<const In*>(y);
  if (so == 1 && sx == 1 && sy == 1) return contiguous<F>(n, o, a, b);
  if (so != 1 || sx + sy != 1) {
    for (std::int64_t i = 0; i < n; ++i) o[i * so] = f(a[i * sx], b[i * sy]);
    return;
  }
  if constexpr (std::is_floating_point_v<Out> && std::is_base_of_v<ByNumber, F>) {
    if (sx == 0) {
      const In v = *a;
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) o[i] = f(v, b[i]);
    } else {
      const In v = *b;
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) o[i] = f(a[i], v);
    }
  } else {
    // A block full of the number needs no further loop over the operation, of which there are hundreds.
    constexpr std::int64_t size = 128;
    In block[size];
    std::fill_n(block, std::min(n, size), sx == 0 ? *a : *b);
    for (std::int64_t i = 0; i < n; i += size)
      contiguous<F>(std::min(n - i, size), o + i, sx == 0 ? block : a + i, sy == 0 ? block : b + i);
  }
}

template <class F, class First, class T>
void ternary(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx, const void* y, std::int64_t sy,
             const void* z, std::int64_t sz) {
  const F f;
  auto* o = static_cast<T*>(out);
  const auto* a = static_cast<const First*>(x);
  const auto* b = static_cast<const T*>(y);
  const auto* c = static_cast<const T*>(z);
  if (so == 1 && sx == 1 && sy == 1 && sz == 1) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = f(a[i], b[i], c[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) o[i * so] = f(a[i * sx], b[i * sy], c[i * sz]);
  }
}

// By squaring, modulo 2^64.
template <class T>
T whole_power(T base, std::uint64_t exponent) {
  T result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1U) result = static_cast<T>(static_cast<std::uint64_t>(result) * static_cast<std::uint64_t>(base));
    base = static_cast<T>(static_cast<std::uint64_t>(base) * static_cast<std::uint64_t>(base));
  }
  return result;
}

// A functor without parameters.
struct Plain {
  Plain() = default;
  explicit Plain(const double*) {}
};

template <class F>
void floats(Unary& table) {
  table.loops[0] = &unary<F, float, float>;
  table.loops[1] = &unary<F, double, double>;
}
template <class F>
void numbers(Unary& table) {
  floats<F>(table);
  table.loops[2] = &unary<F, std::int64_t, std::int64_t>;
  table.loops[3] = &unary<F, std::int32_t, std::int32_t>;
}
template <class F>
void floats(Binary& table) {
  table.loops[0] = &binary<F, float, float>;
  table.loops[1] = &binary<F, double, double>;
}
template <class F>
void numbers(Binary& table) {
  floats<F>(table);
  table.loops[2] = &binary<F, std::int64_t, std::int64_t>;
  table.loops[3] = &binary<F, std::int32_t, std::int32_t>;
}
template <class F>
void wholes(Binary& table) {
  table.loops[2] = &binary<F, std::int64_t, std::int64_t>;
  table.loops[3] = &binary<F, std::int32_t, std::int32_t>;
  table.loops[4] = &binary<F, bool, bool>;
}
template <class F>
void everything(Binary& table) {
  numbers<F>(table);
  table.loops[4] = &binary<F, bool, bool>;
}
template <class F>
void predicate(Binary& table) {
  table.loops = {&binary<F, float, bool>, &binary<F, double, bool>, &binary<F, std::int64_t, bool>,
                 &binary<F, std::int32_t, bool>, &binary<F, bool, bool>};
}
template <class F, class T>
void swapped(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx, const void* y,
             std::int64_t sy) {
  binary<F, T, bool>(n, out, so, y, sy, x, sx);
}
template <class F>
void swapped_predicate(Binary& table) {
  table.loops = {&swapped<F, float>, &swapped<F, double>, &swapped<F, std::int64_t>, &swapped<F, std::int32_t>,
                 &swapped<F, bool>};
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#endif
