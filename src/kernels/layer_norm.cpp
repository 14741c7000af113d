#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layer_norm.cpp"
#endif
#include "kernels/layer_norm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "kernels/blocks.h"
#include "kernels/simd.h"
// After simd.h, and read again for each target:
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void forward_row(const T* x, std::int64_t n, const T* gamma, const T* beta, double eps, T* y, T* mean, T* rstd) {
  const double count = static_cast<double>(n);
  // Against its first number the row's sum loses nothing where the mean is far larger than the spread.
  const T first = n > 0 ? *x : T(0);
  const double center =
      static_cast<double>(first) + lane_sum<T>(n, [x, first](std::int64_t i) HWY_ATTR { return x[i] - first; }) / count;
  const T shift = *mean = static_cast<T>(center);
  const double rest = center - static_cast<double>(shift);
  const double square = lane_sum<T>(n, [x, shift](std::int64_t i) HWY_ATTR { return (x[i] - shift) * (x[i] - shift); });
  const double variance = square / count - rest * rest;
  const T scale = *rstd = static_cast<T>(1 / std::sqrt((variance < 0 ? 0 : variance) + eps));
  if (gamma != nullptr && beta != nullptr) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - shift) * scale * gamma[i] + beta[i];
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - shift) * scale;
  if (gamma != nullptr)
    for (std::int64_t i = 0; i < n; ++i) y[i] *= gamma[i];
  if (beta != nullptr)
    for (std::int64_t i = 0; i < n; ++i) y[i] += beta[i];
}

// dx = rstd (g - mean(g) - xhat mean(g xhat)), where g(i) is dy gamma.
template <class T, class G>
HWY_INLINE void backward_terms(G g, const T* x, T mean, T rstd, std::int64_t n, T* dx) {
  const double count = static_cast<double>(n);
  const T a = static_cast<T>(lane_sum<T>(n, g) / count);
  const T b = static_cast<T>(
      lane_sum<T>(n, [g, x, mean, rstd](std::int64_t i) HWY_ATTR { return g(i) * ((x[i] - mean) * rstd); }) / count);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) dx[i] = rstd * (g(i) - a - (x[i] - mean) * rstd * b);
}
template <class T>
void backward_row(const T* dy, const T* x, T mean, T rstd, const T* gamma, std::int64_t n, T* dx) {
  if (gamma != nullptr) {
    backward_terms([dy, gamma](std::int64_t i) HWY_ATTR { return dy[i] * gamma[i]; }, x, mean, rstd, n, dx);
  } else {
    backward_terms([dy](std::int64_t i) HWY_ATTR { return dy[i]; }, x, mean, rstd, n, dx);
  }
}

// One block of `width` columns, at most column_block: sums of some rows in T, their sums in double.
template <class T, class Width>
HWY_INLINE void column_sums(const T* dy, const T* x, const T* mean, const T* rstd, std::int64_t rows, std::int64_t n,
                            Width width, T* dgamma, T* dbeta) {
  constexpr std::int64_t together = 32;
  double scale[column_block] = {};
  double shift[column_block] = {};
  for (std::int64_t from = 0; from < rows; from += together) {
    T scales[column_block] = {};
    T shifts[column_block] = {};
    for (std::int64_t r = from; r < std::min(rows, from + together); ++r) {
      const T* g = dy + r * n;
      const T* in = x + r * n;
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        scales[j] += g[j] * ((in[j] - mean[r]) * rstd[r]);
        shifts[j] += g[j];
      }
    }
    for (std::int64_t j = 0; j < width; ++j) scale[j] += static_cast<double>(scales[j]);
    for (std::int64_t j = 0; j < width; ++j) shift[j] += static_cast<double>(shifts[j]);
  }
  for (std::int64_t j = 0; j < width; ++j) {
    if (dgamma != nullptr) dgamma[j] = static_cast<T>(scale[j]);
    if (dbeta != nullptr) dbeta[j] = static_cast<T>(shift[j]);
  }
}
template <class T>
void backward_columns(const T* dy, const T* x, const T* mean, const T* rstd, std::int64_t rows, std::int64_t n,
                      std::int64_t width, T* dgamma, T* dbeta) {
  if (width == column_block) {
    constexpr std::integral_constant<std::int64_t, column_block> all;
    column_sums(dy, x, mean, rstd, rows, n, all, dgamma, dbeta);
  } else {
    column_sums(dy, x, mean, rstd, rows, n, width, dgamma, dbeta);
  }
}

void forward_float(const float* x, std::int64_t n, const float* gamma, const float* beta, double eps, float* y,
                   float* mean, float* rstd) {
  forward_row(x, n, gamma, beta, eps, y, mean, rstd);
}
void forward_double(const double* x, std::int64_t n, const double* gamma, const double* beta, double eps, double* y,
                    double* mean, double* rstd) {
  forward_row(x, n, gamma, beta, eps, y, mean, rstd);
}
void backward_float(const float* dy, const float* x, float mean, float rstd, const float* gamma, std::int64_t n,
                    float* dx) {
  backward_row(dy, x, mean, rstd, gamma, n, dx);
}
void backward_double(const double* dy, const double* x, double mean, double rstd, const double* gamma, std::int64_t n,
                     double* dx) {
  backward_row(dy, x, mean, rstd, gamma, n, dx);
}
void columns_float(const float* dy, const float* x, const float* mean, const float* rstd, std::int64_t rows,
                   std::int64_t n, std::int64_t width, float* dgamma, float* dbeta) {
  backward_columns(dy, x, mean, rstd, rows, n, width, dgamma, dbeta);
}
void columns_double(const double* dy, const double* x, const double* mean, const double* rstd, std::int64_t rows,
                    std::int64_t n, std::int64_t width, double* dgamma, double* dbeta) {
  backward_columns(dy, x, mean, rstd, rows, n, width, dgamma, dbeta);
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
HWY_EXPORT(columns_float);
HWY_EXPORT(columns_double);

}  // namespace

template <class T>
void layer_norm(const T* x, std::int64_t rows, std::int64_t n, const T* gamma, const T* beta, double eps, T* y, T* mean,
                T* rstd) {
  for_blocks(rows, n, 1, [&](std::int64_t r, std::int64_t, std::int64_t) {
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(forward_float)(x + r * n, n, gamma, beta, eps, y + r * n, mean + r, rstd + r);
    } else {
      HWY_DYNAMIC_DISPATCH(forward_double)(x + r * n, n, gamma, beta, eps, y + r * n, mean + r, rstd + r);
    }
  });
}

template <class T>
void layer_norm_backward(const T* dy, const T* x, const T* mean, const T* rstd, const T* gamma, std::int64_t rows,
                         std::int64_t n, T* dx) {
  for_blocks(rows, n, 1, [&](std::int64_t r, std::int64_t, std::int64_t) {
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(backward_float)(dy + r * n, x + r * n, mean[r], rstd[r], gamma, n, dx + r * n);
    } else {
      HWY_DYNAMIC_DISPATCH(backward_double)(dy + r * n, x + r * n, mean[r], rstd[r], gamma, n, dx + r * n);
    }
  });
}

template <class T>
void layer_norm_backward_affine(const T* dy, const T* x, const T* mean, const T* rstd, std::int64_t rows,
                                std::int64_t n, T* dgamma, T* dbeta) {
  const std::int64_t blocks = (n + column_block - 1) / column_block;
  parallel_for(0, blocks, rows >= column_block ? 1 : blocks, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t from = block * column_block;
      const std::int64_t width = std::min(column_block, n - from);
      T* scale = dgamma ? dgamma + from : nullptr;
      T* shift = dbeta ? dbeta + from : nullptr;
      if constexpr (std::is_same_v<T, float>) {
        HWY_DYNAMIC_DISPATCH(columns_float)(dy + from, x + from, mean, rstd, rows, n, width, scale, shift);
      } else {
        HWY_DYNAMIC_DISPATCH(columns_double)(dy + from, x + from, mean, rstd, rows, n, width, scale, shift);
      }
    }
  });
}

using I64 = std::int64_t;
template void layer_norm(const float*, I64, I64, const float*, const float*, double, float*, float*, float*);
template void layer_norm(const double*, I64, I64, const double*, const double*, double, double*, double*, double*);
template void layer_norm_backward(const float*, const float*, const float*, const float*, const float*, I64, I64,
                                  float*);
template void layer_norm_backward(const double*, const double*, const double*, const double*, const double*, I64, I64,
                                  double*);
template void layer_norm_backward_affine(const float*, const float*, const float*, const float*, I64, I64, float*,
                                         float*);
template void layer_norm_backward_affine(const double*, const double*, const double*, const double*, I64, I64, double*,
                                         double*);

}  // namespace taper::kernels
#endif
