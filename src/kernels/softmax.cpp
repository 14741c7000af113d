#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax.cpp"
#endif
#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "kernels/blocks.h"
#include "kernels/simd.h"
#include "taper/base/threads.h"
// After simd.h, and read again for each target:
#include "kernels/softmax-inl.h"

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

// What logsumexp is where the largest value is not finite.
template <class T>
T without_exp(const T* x, std::int64_t n, std::int64_t stride, T shift) {
  for (std::int64_t i = 0; i < n; ++i)
    if (x[i * stride] != x[i * stride]) return x[i * stride];
  return shift;
}

template <class T>
void forward_row(Kind kind, const T* x, std::int64_t n, T* out) {
  const T shift = largest(x, n);
  if (kind == Kind::softmax) {
    const T scale = static_cast<T>(1 / exp_sum<true>(x, n, shift, out));
    for (std::int64_t i = 0; i < n; ++i) out[i] *= scale;
  } else if (kind == Kind::log_softmax) {
    const T log_sum = static_cast<T>(std::log(exp_sum<false>(x, n, shift, out) / math::exp_unit<T>));
    for (std::int64_t i = 0; i < n; ++i) out[i] = (x[i] - shift) - log_sum;
  } else if (std::isfinite(shift)) {
    *out = static_cast<T>(static_cast<double>(shift) + std::log(exp_sum<false>(x, n, shift, out) / math::exp_unit<T>));
  } else {
    *out = without_exp(x, n, 1, shift);
  }
}

// At most `lanes` columns.
template <class T, class Width>
HWY_INLINE void forward_vector(Kind kind, const T* x, std::int64_t n, std::int64_t inner, Width width, T* out) {
  T shift[lanes];
  double total[lanes];
  T last[lanes];
  largest_of_columns(x, n, inner, width, shift);
  if (kind == Kind::softmax) {
    exp_sums<true>(x, n, inner, width, shift, out, total);
    for (std::int64_t j = 0; j < width; ++j) last[j] = static_cast<T>(1 / total[j]);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < width; ++j) out[i * inner + j] *= last[j];
    return;
  }
  exp_sums<false>(x, n, inner, width, shift, out, total);
  if (kind == Kind::logsumexp) {
    for (std::int64_t j = 0; j < width; ++j) {
      out[j] = std::isfinite(shift[j])
                   ? static_cast<T>(static_cast<double>(shift[j]) + std::log(total[j] / math::exp_unit<T>))
                   : without_exp(x + j, n, inner, shift[j]);
    }
    return;
  }
  for (std::int64_t j = 0; j < width; ++j) last[j] = static_cast<T>(std::log(total[j] / math::exp_unit<T>));
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < width; ++j) out[i * inner + j] = (x[i * inner + j] - shift[j]) - last[j];
}

template <class T>
void forward_columns(Kind kind, const T* x, std::int64_t n, std::int64_t inner, std::int64_t width, T* out) {
  vectors_of_columns(width, [=](std::int64_t from, auto count)
                                HWY_ATTR { forward_vector(kind, x + from, n, inner, count, out + from); });
}

template <class T>
void backward_row(bool log, const T* y, const T* g, std::int64_t n, T* dx) {
  if (log) {
    const T sum = static_cast<T>(lane_sum<T>(n, [g](std::int64_t i) HWY_ATTR { return g[i]; }));
    each(n, [dx, g, y, sum](std::int64_t i) HWY_ATTR { dx[i] = g[i] - math::exp_to_one(y[i]) * sum; });
  } else {
    const T sum = static_cast<T>(lane_sum<T>(n, [g, y](std::int64_t i) HWY_ATTR { return g[i] * y[i]; }));
    for (std::int64_t i = 0; i < n; ++i) dx[i] = (g[i] - sum) * y[i];
  }
}

// forward_row and backward_row of some rows.
template <class T>
void forward_rows(Kind kind, const T* x, std::int64_t rows, std::int64_t n, T* out) {
  const std::int64_t step = kind == Kind::logsumexp ? 1 : n;
  for (std::int64_t r = 0; r < rows; ++r) forward_row(kind, x + r * n, n, out + r * step);
}
template <class T>
void backward_rows(bool log, const T* y, const T* g, std::int64_t rows, std::int64_t n, T* dx) {
  for (std::int64_t r = 0; r < rows; ++r) backward_row(log, y + r * n, g + r * n, n, dx + r * n);
}

#if HWY_NATIVE_FMA

// The same of log_softmax. Its exponentials keep the multipliers busy while memory rests, so the pass over one row's
// also finds the next row's largest number, or the sum of its gradient, and writes the row before. Where there is no
// such row, it takes the row itself.

void log_softmax_rows(const float* x, std::int64_t rows, std::int64_t n, float* out) {
  const Floats d;
  float shift = largest(x, n);
  float shift_before = 0;
  float log_sum_before = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * n;
    const float* next = r + 1 < rows ? row + n : row;
    const float* before = r > 0 ? row - n : row;
    float* to = out + (before - x);
    auto best = hn::Set(d, -std::numeric_limits<float>::infinity());
    const double total = vector_sum(n, [=, &best](std::int64_t i) HWY_ATTR {
      best = hn::Max(hn::LoadU(d, next + i), best);
      const auto result = hn::Sub(hn::LoadU(d, before + i), hn::Set(d, shift_before));
      hn::StoreU(hn::Sub(result, hn::Set(d, log_sum_before)), d, to + i);
      return exp_to_unit(hn::Sub(hn::LoadU(d, row + i), hn::Set(d, shift)));
    });
    shift_before = std::exchange(shift, hn::GetLane(hn::MaxOfLanes(d, best)));
    log_sum_before = static_cast<float>(std::log(total / math::exp_unit<float>));
  }
  const std::int64_t end = rows * n;
  for (std::int64_t i = end - n; i < end; ++i) out[i] = (x[i] - shift_before) - log_sum_before;
}

void log_softmax_backward_rows(const float* y, const float* g, std::int64_t rows, std::int64_t n, float* dx) {
  const Floats d;
  const auto of_one = hn::Set(d, static_cast<float>(1 / math::exp_unit<float>));
  double total = vector_sum(n, [=](std::int64_t i) HWY_ATTR { return hn::LoadU(d, g + i); });
  for (std::int64_t r = 0; r < rows; ++r, y += n, g += n, dx += n) {
    const float* next = r + 1 < rows ? g + n : g;
    const auto sum = hn::Set(d, static_cast<float>(total));
    total = vector_sum(n, [=](std::int64_t i) HWY_ATTR {
      const auto part = hn::Mul(hn::Mul(exp_to_unit(hn::LoadU(d, y + i)), of_one), sum);
      hn::StoreU(hn::Sub(hn::LoadU(d, g + i), part), d, dx + i);
      return hn::LoadU(d, next + i);
    });
  }
}

void forward_rows(Kind kind, const float* x, std::int64_t rows, std::int64_t n, float* out) {
  if (kind == Kind::log_softmax && rows > 1) return log_softmax_rows(x, rows, n, out);
  forward_rows<float>(kind, x, rows, n, out);
}
void backward_rows(bool log, const float* y, const float* g, std::int64_t rows, std::int64_t n, float* dx) {
  if (log) return log_softmax_backward_rows(y, g, rows, n, dx);
  backward_rows<float>(log, y, g, rows, n, dx);
}

#endif

template <class T, class Width>
HWY_INLINE void backward_vector(bool log, const T* y, const T* g, std::int64_t n, std::int64_t inner, Width width,
                                T* dx) {
  double total[lanes] = {};
  T sum[lanes];
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < width; ++j)
      total[j] += static_cast<double>(log ? g[i * inner + j] : g[i * inner + j] * y[i * inner + j]);
  for (std::int64_t j = 0; j < width; ++j) sum[j] = static_cast<T>(total[j]);
  for (std::int64_t i = 0; i < n; ++i) {
    const T* from = g + i * inner;
    const T* result = y + i * inner;
    T* to = dx + i * inner;
    if (log) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) to[j] = from[j] - math::exp_to_one(result[j]) * sum[j];
    } else {
      for (std::int64_t j = 0; j < width; ++j) to[j] = (from[j] - sum[j]) * result[j];
    }
  }
}

template <class T>
void backward_columns(bool log, const T* y, const T* g, std::int64_t n, std::int64_t inner, std::int64_t width, T* dx) {
  vectors_of_columns(width, [=](std::int64_t from, auto count)
                                HWY_ATTR { backward_vector(log, y + from, g + from, n, inner, count, dx + from); });
}

// `rows` lines of n: where they are short, as columns.
template <class T>
void forward(Kind kind, const T* x, std::int64_t rows, std::int64_t n, std::int64_t inner, std::int64_t width, T* out) {
  if (inner != 1) return forward_columns(kind, x, n, inner, width, out);
  const std::int64_t step = kind == Kind::logsumexp ? 1 : n;
  if (n > short_row) return forward_rows(kind, x, rows, n, out);
  T in[short_row * lanes] = {};
  T result[short_row * lanes];
  for (std::int64_t r = 0; r < rows; r += lanes) {
    const std::int64_t count = std::min(rows - r, lanes);
    into_columns(x + r * n, count, n, in);
    forward_columns(kind, in, n, lanes, lanes, result);
    from_columns(result, count, step, out + r * step);
  }
}

template <class T>
void backward(bool log, const T* y, const T* g, std::int64_t rows, std::int64_t n, std::int64_t inner,
              std::int64_t width, T* dx) {
  if (inner != 1) return backward_columns(log, y, g, n, inner, width, dx);
  if (n > short_row) return backward_rows(log, y, g, rows, n, dx);
  T results[short_row * lanes] = {};
  T gradients[short_row * lanes] = {};
  T out[short_row * lanes];
  for (std::int64_t r = 0; r < rows; r += lanes) {
    const std::int64_t count = std::min(rows - r, lanes);
    into_columns(y + r * n, count, n, results);
    into_columns(g + r * n, count, n, gradients);
    backward_columns(log, results, gradients, n, lanes, lanes, out);
    from_columns(out, count, n, dx + r * n);
  }
}

void forward_float(Kind kind, const float* x, std::int64_t rows, std::int64_t n, std::int64_t inner, std::int64_t width,
                   float* out) {
  forward(kind, x, rows, n, inner, width, out);
}
void forward_double(Kind kind, const double* x, std::int64_t rows, std::int64_t n, std::int64_t inner,
                    std::int64_t width, double* out) {
  forward(kind, x, rows, n, inner, width, out);
}
void backward_float(bool log, const float* y, const float* g, std::int64_t rows, std::int64_t n, std::int64_t inner,
                    std::int64_t width, float* dx) {
  backward(log, y, g, rows, n, inner, width, dx);
}
void backward_double(bool log, const double* y, const double* g, std::int64_t rows, std::int64_t n, std::int64_t inner,
                     std::int64_t width, double* dx) {
  backward(log, y, g, rows, n, inner, width, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

// So that most rows have neighbours for which their pass can do something; each thread still finds a few pieces.
std::int64_t rows_at_once(std::int64_t rows) { return rows / (4 * get_num_threads()); }

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);

template <class T>
void forward(Kind kind, const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out) {
  const std::int64_t step = kind == Kind::logsumexp ? inner : n * inner;
  for_pieces(
      outer, n, inner,
      [&](std::int64_t row, std::int64_t rows, std::int64_t from, std::int64_t width) {
        const T* x = in + row * n * inner + from;
        T* to = out + row * step + from;
        if constexpr (std::is_same_v<T, float>) {
          HWY_DYNAMIC_DISPATCH(forward_float)(kind, x, rows, n, inner, width, to);
        } else {
          HWY_DYNAMIC_DISPATCH(forward_double)(kind, x, rows, n, inner, width, to);
        }
      },
      rows_at_once(outer));
}

template <class T>
void backward(bool log, const T* y, const T* g, std::int64_t outer, std::int64_t n, std::int64_t inner, T* dx) {
  for_pieces(
      outer, n, inner,
      [&](std::int64_t row, std::int64_t rows, std::int64_t from, std::int64_t width) {
        const std::int64_t at = row * n * inner + from;
        if constexpr (std::is_same_v<T, float>) {
          HWY_DYNAMIC_DISPATCH(backward_float)(log, y + at, g + at, rows, n, inner, width, dx + at);
        } else {
          HWY_DYNAMIC_DISPATCH(backward_double)(log, y + at, g + at, rows, n, inner, width, dx + at);
        }
      },
      rows_at_once(outer));
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
