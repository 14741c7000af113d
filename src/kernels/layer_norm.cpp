#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layer_norm.cpp"
#include "kernels/layer_norm.h"

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "kernels/blocks.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

constexpr std::int64_t lanes = 16;

// The sum of f(0) ... f(n - 1) in double, in lanes whose number does not depend on the target.
template <class F>
HWY_INLINE double lane_sum(std::int64_t n, F f) {
  double acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) acc[j] += f(i + j);
  double total = 0;
  for (const double a : acc) total += a;
  for (; i < n; ++i) total += f(i);
  return total;
}

template <class T>
void forward_row(const T* x, std::int64_t n, const T* gamma, const T* beta, double eps, T* y, T* mean, T* rstd) {
  const double count = static_cast<double>(n);
  const double center = lane_sum(n, [x](std::int64_t i) HWY_ATTR { return static_cast<double>(x[i]); }) / count;
  const double square = lane_sum(n, [x, center](std::int64_t i) HWY_ATTR {
    const double d = static_cast<double>(x[i]) - center;
    return d * d;
  });
  *mean = static_cast<T>(center);
  *rstd = static_cast<T>(1 / std::sqrt(square / count + eps));
  const T shift = *mean;
  const T scale = *rstd;
  for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - shift) * scale;
  if (gamma)
    for (std::int64_t i = 0; i < n; ++i) y[i] *= gamma[i];
  if (beta)
    for (std::int64_t i = 0; i < n; ++i) y[i] += beta[i];
}

// dx = rstd (g - mean(g) - xhat mean(g xhat)) with g = dy gamma.
template <class T>
void backward_row(const T* dy, const T* x, T mean, T rstd, const T* gamma, std::int64_t n, T* dx) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = gamma ? dy[i] * gamma[i] : dy[i];
  const double count = static_cast<double>(n);
  const double sum = lane_sum(n, [dx](std::int64_t i) HWY_ATTR { return static_cast<double>(dx[i]); });
  const double product = lane_sum(n, [dx, x, mean, rstd](std::int64_t i) HWY_ATTR {
    return static_cast<double>(dx[i]) * static_cast<double>((x[i] - mean) * rstd);
  });
  const T a = static_cast<T>(sum / count);
  const T b = static_cast<T>(product / count);
  for (std::int64_t i = 0; i < n; ++i) dx[i] = rstd * (dx[i] - a - (x[i] - mean) * rstd * b);
}

// One block of at most column_block columns.
template <class T>
void backward_columns(const T* dy, const T* x, const T* mean, const T* rstd, std::int64_t rows, std::int64_t n,
                      std::int64_t width, T* dgamma, T* dbeta) {
  double scale[column_block] = {};
  double shift[column_block] = {};
  for (std::int64_t r = 0; r < rows; ++r, dy += n, x += n) {
    for (std::int64_t j = 0; j < width; ++j) {
      scale[j] += static_cast<double>(dy[j] * ((x[j] - mean[r]) * rstd[r]));
      shift[j] += static_cast<double>(dy[j]);
    }
  }
  for (std::int64_t j = 0; j < width; ++j) {
    if (dgamma) dgamma[j] = static_cast<T>(scale[j]);
    if (dbeta) dbeta[j] = static_cast<T>(shift[j]);
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
