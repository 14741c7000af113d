#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cross_entropy.cpp"
#endif
#include "kernels/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "kernels/blocks.h"
#include "kernels/simd.h"
// After simd.h, and read again for each target:
#include "kernels/softmax-inl.h"

#ifndef TAPER_KERNELS_CROSS_ENTROPY_CLASSES_
#define TAPER_KERNELS_CROSS_ENTROPY_CLASSES_
namespace taper::kernels {
namespace {
template <class T>
struct Classes {
  const std::int64_t* target;
  std::int64_t ignore;
  const T* weight;
  T share;
  T scale(std::int64_t c) const { return weight != nullptr ? weight[c] * share : share; }
};
}  // namespace
}  // namespace taper::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void one_row(const T* x, std::int64_t n, const Classes<T>& classes, T* picked, T* dx) {
  const std::int64_t c = *classes.target;
  const bool counts = c != classes.ignore;
  *picked = 0;
  if (!counts && dx == nullptr) return;
  const T shift = largest(x, n);
  const double total = dx != nullptr ? exp_sum<true>(x, n, shift, dx) : exp_sum<false>(x, n, shift, dx);
  if (counts) *picked = (x[c] - shift) - static_cast<T>(std::log(total / math::exp_unit<T>));
  if (dx == nullptr) return;
  const T scale = counts ? classes.scale(c) : T(0);
  const T each = static_cast<T>(static_cast<double>(scale) / total);
  for (std::int64_t i = 0; i < n; ++i) dx[i] *= each;
  if (counts) dx[c] -= scale;
}

// At most `lanes` columns.
template <class T, class Width>
HWY_INLINE void one_vector(const T* x, std::int64_t n, std::int64_t inner, Width width, const Classes<T>& classes,
                           T* picked, T* dx) {
  T shift[lanes];
  double total[lanes];
  T each[lanes];
  largest_of_columns(x, n, inner, width, shift);
  if (dx != nullptr) {
    exp_sums<true>(x, n, inner, width, shift, dx, total);
  } else {
    exp_sums<false>(x, n, inner, width, shift, dx, total);
  }
  for (std::int64_t j = 0; j < width; ++j) {
    const std::int64_t c = classes.target[j];
    const bool counts = c != classes.ignore;
    picked[j] = counts ? (x[c * inner + j] - shift[j]) - static_cast<T>(std::log(total[j] / math::exp_unit<T>)) : T(0);
    each[j] = static_cast<T>((counts ? static_cast<double>(classes.scale(c)) : 0.0) / total[j]);
  }
  if (dx == nullptr) return;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < width; ++j) dx[i * inner + j] *= each[j];
  for (std::int64_t j = 0; j < width; ++j) {
    const std::int64_t c = classes.target[j];
    if (c != classes.ignore) dx[c * inner + j] -= classes.scale(c);
  }
}

template <class T>
void columns(const T* x, std::int64_t n, std::int64_t inner, std::int64_t width, const Classes<T>& classes, T* picked,
             T* dx) {
  vectors_of_columns(width, [&, x, n, inner, picked, dx](std::int64_t from, auto count) HWY_ATTR {
    Classes<T> these = classes;
    these.target += from;
    one_vector(x + from, n, inner, count, these, picked + from, dx != nullptr ? dx + from : nullptr);
  });
}

template <class T>
void short_rows(const T* x, std::int64_t rows, std::int64_t n, Classes<T> classes, T* picked, T* dx) {
  const std::int64_t* target = classes.target;
  std::int64_t targets[lanes];
  T in[short_row * lanes] = {};
  T out[short_row * lanes];
  T result[lanes];
  classes.target = targets;
  for (std::int64_t r = 0; r < rows; r += lanes) {
    const std::int64_t count = std::min(rows - r, lanes);
    std::fill(std::copy_n(target + r, count, targets), targets + lanes, classes.ignore);
    into_columns(x + r * n, count, n, in);
    columns(in, n, lanes, lanes, classes, result, dx != nullptr ? out : nullptr);
    std::copy_n(result, count, picked + r);
    if (dx != nullptr) from_columns(out, count, n, dx + r * n);
  }
}

template <class T>
void lines(const T* x, std::int64_t rows, std::int64_t n, std::int64_t inner, std::int64_t width, Classes<T> classes,
           T* picked, T* dx) {
  if (inner != 1) return columns(x, n, inner, width, classes, picked, dx);
  if (n <= short_row) return short_rows(x, rows, n, classes, picked, dx);
  for (std::int64_t r = 0; r < rows; ++r, ++classes.target)
    one_row(x + r * n, n, classes, picked + r, dx != nullptr ? dx + r * n : nullptr);
}

void lines_float(const float* x, std::int64_t rows, std::int64_t n, std::int64_t inner, std::int64_t width,
                 const Classes<float>& classes, float* picked, float* dx) {
  lines(x, rows, n, inner, width, classes, picked, dx);
}
void lines_double(const double* x, std::int64_t rows, std::int64_t n, std::int64_t inner, std::int64_t width,
                  const Classes<double>& classes, double* picked, double* dx) {
  lines(x, rows, n, inner, width, classes, picked, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(lines_float);
HWY_EXPORT(lines_double);

}  // namespace

template <class T>
void cross_entropy(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
                   std::int64_t ignore, const T* weight, T share, T* picked, T* dx) {
  for_pieces(outer, n, inner, [&](std::int64_t row, std::int64_t rows, std::int64_t from, std::int64_t width) {
    const std::int64_t at = row * n * inner + from;
    const std::int64_t k = row * inner + from;
    const Classes<T> classes{target + k, ignore, weight, share};
    T* gradient = dx != nullptr ? dx + at : nullptr;
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(lines_float)(x + at, rows, n, inner, width, classes, picked + k, gradient);
    } else {
      HWY_DYNAMIC_DISPATCH(lines_double)(x + at, rows, n, inner, width, classes, picked + k, gradient);
    }
  });
}

template <class T>
void cross_entropy_scale(const T* dx, const T* g, std::int64_t step, std::int64_t outer, std::int64_t n,
                         std::int64_t inner, const std::int64_t* target, std::int64_t ignore, T* out) {
  for_pieces(outer, n, inner, [&](std::int64_t first, std::int64_t rows, std::int64_t from, std::int64_t width) {
    for (std::int64_t row = first; row < first + rows; ++row) {
      const T* in = dx + row * n * inner + from;
      T* to = out + row * n * inner + from;
      const std::int64_t k = row * inner + from;
      if (inner == 1) {
        const T factor = g[k * step];
        for (std::int64_t i = 0; i < n; ++i) to[i] = in[i] * factor;
      } else {
        for (std::int64_t i = 0; i < n; ++i)
          for (std::int64_t j = 0; j < width; ++j) to[i * inner + j] = in[i * inner + j] * g[(k + j) * step];
      }
      for (std::int64_t j = 0; j < width; ++j) {
        const T factor = g[(k + j) * step];
        if (target[k + j] != ignore) to[target[k + j] * inner + j] += factor - factor;
      }
    }
  });
}

using I64 = std::int64_t;
template void cross_entropy(const float*, I64, I64, I64, const I64*, I64, const float*, float, float*, float*);
template void cross_entropy(const double*, I64, I64, I64, const I64*, I64, const double*, double, double*, double*);
template void cross_entropy_scale(const float*, const float*, I64, I64, I64, I64, const I64*, I64, float*);
template void cross_entropy_scale(const double*, const double*, I64, I64, I64, I64, const I64*, I64, double*);

}  // namespace taper::kernels
#endif
