#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax.cpp"
#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/blocks.h"
#include "kernels/simd.h"
// After simd.h, and read again for each target:
#include <hwy/contrib/math/math-inl.h>

#ifndef TAPER_KERNELS_SOFTMAX_KINDS_
#define TAPER_KERNELS_SOFTMAX_KINDS_
namespace taper::kernels {
namespace {
enum class Kind { softmax, log_softmax, logsumexp };
}
}  // namespace taper::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t chunk = 512;  // elements that stay in the first cache between two loops

// Exp knows neither NaN nor infinities.
template <class V, class D>
HWY_INLINE V exp_of(D d, V x) {
  const V low = hn::Set(d, -2000);
  const V known = hn::IfThenElse(hn::Gt(x, low), x, low);
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, known));
}

// x = exp(x), for x at most 0.
template <class T>
void exp_in_place(T* x, std::int64_t n) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(exp_of(d, hn::LoadU(d, x + i)), d, x + i);
  if (i == n) return;
  HWY_ALIGN T rest[hn::MaxLanes(d)] = {};
  std::copy(x + i, x + n, rest);
  hn::Store(exp_of(d, hn::Load(d, rest)), d, rest);
  std::copy_n(rest, n - i, x + i);
}

// NaN loses here; the sum of the exponentials finds it.
template <class T>
T larger(T best, T x) {
  return x > best ? x : best;
}

template <class T>
T largest(const T* x, std::int64_t n) {
  constexpr std::int64_t lanes = 16;
  T result = -std::numeric_limits<T>::infinity();
  std::int64_t i = 0;
  if (n >= lanes) {
    T best[lanes];
    std::copy_n(x, lanes, best);
    for (; i + lanes <= n; i += lanes)
      for (std::int64_t j = 0; j < lanes; ++j) best[j] = larger(best[j], x[i + j]);
    for (const T b : best) result = larger(result, b);
  }
  for (; i < n; ++i) result = larger(result, x[i]);
  return result;
}

// The sum of f(0) ... f(n - 1), in lanes whose number does not depend on the target.
template <class T, class F>
HWY_INLINE T lane_sum(std::int64_t n, F f) {
  constexpr std::int64_t lanes = 16;
  T total = 0;
  std::int64_t i = 0;
  if (n >= lanes) {
    T acc[lanes] = {};
    for (; i + lanes <= n; i += lanes)
      for (std::int64_t j = 0; j < lanes; ++j) acc[j] += f(i + j);
    for (const T a : acc) total += a;
  }
  for (; i < n; ++i) total += f(i);
  return total;
}

// What logsumexp is where the largest value is not finite.
template <class T>
T without_exp(const T* x, std::int64_t n, std::int64_t stride, T shift) {
  for (std::int64_t i = 0; i < n; ++i)
    if (x[i * stride] != x[i * stride]) return x[i * stride];
  return shift;
}

// The sum of exp(x - shift); `out`, where given, gets the terms.
template <class T>
double exp_sum(const T* x, std::int64_t n, T shift, T* out) {
  T buffer[chunk];
  double total = 0;
  for (std::int64_t from = 0; from < n; from += chunk) {
    const std::int64_t width = std::min(chunk, n - from);
    T* terms = out ? out + from : buffer;
    for (std::int64_t j = 0; j < width; ++j) terms[j] = x[from + j] - shift;
    exp_in_place(terms, width);
    total += static_cast<double>(lane_sum<T>(width, [terms](std::int64_t j) HWY_ATTR { return terms[j]; }));
  }
  return total;
}

template <class T>
void forward_row(Kind kind, const T* x, std::int64_t n, T* out) {
  const T shift = largest(x, n);
  if (kind == Kind::softmax) {
    const T scale = static_cast<T>(1 / exp_sum(x, n, shift, out));
    for (std::int64_t i = 0; i < n; ++i) out[i] *= scale;
  } else if (kind == Kind::log_softmax) {
    const T log_sum = static_cast<T>(std::log(exp_sum(x, n, shift, static_cast<T*>(nullptr))));
    for (std::int64_t i = 0; i < n; ++i) out[i] = (x[i] - shift) - log_sum;
  } else if (std::isfinite(shift)) {
    *out = static_cast<T>(static_cast<double>(shift) + std::log(exp_sum(x, n, shift, static_cast<T*>(nullptr))));
  } else {
    *out = without_exp(x, n, 1, shift);
  }
}

// One block of at most column_block columns.
template <class T>
void forward_columns(Kind kind, const T* x, std::int64_t n, std::int64_t inner, std::int64_t width, T* out) {
  T shift[column_block];
  double total[column_block] = {};
  T terms[column_block];
  std::fill_n(shift, width, -std::numeric_limits<T>::infinity());
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < width; ++j) shift[j] = larger(shift[j], x[i * inner + j]);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) terms[j] = x[i * inner + j] - shift[j];
    exp_in_place(terms, width);
    for (std::int64_t j = 0; j < width; ++j) total[j] += static_cast<double>(terms[j]);
    if (kind == Kind::softmax) std::copy_n(terms, width, out + i * inner);
  }
  if (kind == Kind::logsumexp) {
    for (std::int64_t j = 0; j < width; ++j) {
      out[j] = std::isfinite(shift[j]) ? static_cast<T>(static_cast<double>(shift[j]) + std::log(total[j]))
                                       : without_exp(x + j, n, inner, shift[j]);
    }
    return;
  }
  for (std::int64_t j = 0; j < width; ++j)
    terms[j] = static_cast<T>(kind == Kind::softmax ? 1 / total[j] : std::log(total[j]));
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      T& to = out[i * inner + j];
      to = kind == Kind::softmax ? to * terms[j] : (x[i * inner + j] - shift[j]) - terms[j];
    }
  }
}

template <class T>
void forward(Kind kind, const T* x, std::int64_t n, std::int64_t inner, std::int64_t width, T* out) {
  if (inner == 1) {
    forward_row(kind, x, n, out);
  } else {
    forward_columns(kind, x, n, inner, width, out);
  }
}

template <class T>
void backward_row(bool log, const T* y, const T* g, std::int64_t n, T* dx) {
  double total = 0;
  for (std::int64_t from = 0; from < n; from += chunk) {
    const std::int64_t width = std::min(chunk, n - from);
    const T* gs = g + from;
    const T* ys = y + from;
    total += static_cast<double>(log ? lane_sum<T>(width, [gs](std::int64_t j) HWY_ATTR { return gs[j]; })
                                     : lane_sum<T>(width, [gs, ys](std::int64_t j) HWY_ATTR { return gs[j] * ys[j]; }));
  }
  const T sum = static_cast<T>(total);
  if (!log) {
    for (std::int64_t i = 0; i < n; ++i) dx[i] = (g[i] - sum) * y[i];
    return;
  }
  T terms[chunk];
  for (std::int64_t from = 0; from < n; from += chunk) {
    const std::int64_t width = std::min(chunk, n - from);
    std::copy_n(y + from, width, terms);
    exp_in_place(terms, width);
    for (std::int64_t j = 0; j < width; ++j) dx[from + j] = g[from + j] - terms[j] * sum;
  }
}

template <class T>
void backward_columns(bool log, const T* y, const T* g, std::int64_t n, std::int64_t inner, std::int64_t width, T* dx) {
  double total[column_block] = {};
  T sum[column_block];
  T terms[column_block];
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < width; ++j)
      total[j] += static_cast<double>(log ? g[i * inner + j] : g[i * inner + j] * y[i * inner + j]);
  for (std::int64_t j = 0; j < width; ++j) sum[j] = static_cast<T>(total[j]);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t at = i * inner;
    if (!log) {
      for (std::int64_t j = 0; j < width; ++j) dx[at + j] = (g[at + j] - sum[j]) * y[at + j];
      continue;
    }
    std::copy_n(y + at, width, terms);
    exp_in_place(terms, width);
    for (std::int64_t j = 0; j < width; ++j) dx[at + j] = g[at + j] - terms[j] * sum[j];
  }
}

template <class T>
void backward(bool log, const T* y, const T* g, std::int64_t n, std::int64_t inner, std::int64_t width, T* dx) {
  if (inner == 1) {
    backward_row(log, y, g, n, dx);
  } else {
    backward_columns(log, y, g, n, inner, width, dx);
  }
}

void forward_float(Kind kind, const float* x, std::int64_t n, std::int64_t inner, std::int64_t width, float* out) {
  forward(kind, x, n, inner, width, out);
}
void forward_double(Kind kind, const double* x, std::int64_t n, std::int64_t inner, std::int64_t width, double* out) {
  forward(kind, x, n, inner, width, out);
}
void backward_float(bool log, const float* y, const float* g, std::int64_t n, std::int64_t inner, std::int64_t width,
                    float* dx) {
  backward(log, y, g, n, inner, width, dx);
}
void backward_double(bool log, const double* y, const double* g, std::int64_t n, std::int64_t inner, std::int64_t width,
                     double* dx) {
  backward(log, y, g, n, inner, width, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);

template <class T>
void forward(Kind kind, const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out) {
  const std::int64_t step = kind == Kind::logsumexp ? inner : n * inner;
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    T* to = out + row * step + from;
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(forward_float)(kind, x, n, inner, width, to);
    } else {
      HWY_DYNAMIC_DISPATCH(forward_double)(kind, x, n, inner, width, to);
    }
  });
}

template <class T>
void backward(bool log, const T* y, const T* g, std::int64_t outer, std::int64_t n, std::int64_t inner, T* dx) {
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const std::int64_t at = row * n * inner + from;
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(backward_float)(log, y + at, g + at, n, inner, width, dx + at);
    } else {
      HWY_DYNAMIC_DISPATCH(backward_double)(log, y + at, g + at, n, inner, width, dx + at);
    }
  });
}

}  // namespace

template <class T>
void softmax(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out) {
  forward(Kind::softmax, in, outer, n, inner, out);
}
template <class T>
void log_softmax(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out) {
  forward(Kind::log_softmax, in, outer, n, inner, out);
}
template <class T>
void logsumexp(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out) {
  forward(Kind::logsumexp, in, outer, n, inner, out);
}
template <class T>
void softmax_backward(const T* y, const T* g, std::int64_t outer, std::int64_t n, std::int64_t inner, T* dx) {
  backward(false, y, g, outer, n, inner, dx);
}
template <class T>
void log_softmax_backward(const T* y, const T* g, std::int64_t outer, std::int64_t n, std::int64_t inner, T* dx) {
  backward(true, y, g, outer, n, inner, dx);
}

using I64 = std::int64_t;
template void softmax(const float*, I64, I64, I64, float*);
template void softmax(const double*, I64, I64, I64, double*);
template void log_softmax(const float*, I64, I64, I64, float*);
template void log_softmax(const double*, I64, I64, I64, double*);
template void logsumexp(const float*, I64, I64, I64, float*);
template void logsumexp(const double*, I64, I64, I64, double*);
template void softmax_backward(const float*, const float*, I64, I64, I64, float*);
template void softmax_backward(const double*, const double*, I64, I64, I64, double*);
template void log_softmax_backward(const float*, const float*, I64, I64, I64, float*);
template void log_softmax_backward(const double*, const double*, I64, I64, I64, double*);

}  // namespace taper::kernels
#endif
