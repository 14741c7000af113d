#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm.cpp"
#endif
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/parallel.h"
#include "kernels/reduce.h"
#include "kernels/rows.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

// Eight lanes of fused sums, added from left to right; of what is left over, four at a time are rounded before they are
// added. That is what the vectoriser made of PyTorch's loop for float; the one for double stayed sequential.
float root_of_squares(const float* x, std::int64_t n) {
  constexpr std::int64_t lanes = 8;
  float acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) acc[j] = std::fma(x[i + j], x[i + j], acc[j]);
  float total = acc[0];
  for (std::int64_t j = 1; j < lanes; ++j) total += acc[j];
  for (const std::int64_t rounded = i + (n - i) / 4 * 4; i < rounded; ++i) total += x[i] * x[i];
  for (; i < n; ++i) total = std::fma(x[i], x[i], total);
  return std::sqrt(total);
}
double root_of_squares(const double* x, std::int64_t n) {
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) total = std::fma(x[i], x[i], total);
  return std::sqrt(total);
}

template <class T>
T norm_of(const T* x, std::int64_t n, std::int64_t stride, double p) {
  if (p == 2 && stride == 1) return root_of_squares(x, n);
  const std::int64_t end = n * stride;
  T total = 0;
  if (std::isinf(p)) {
    total = n > 0 ? std::abs(x[0]) : T{0};
    for (std::int64_t i = stride; i < end; i += stride) {
      const T size = std::abs(x[i]);
      if ((p > 0 ? size > total : size < total) || size != size) total = size;
    }
    return total;
  }
  if (p == 2) {
    for (std::int64_t i = 0; i < end; i += stride) total = std::fma(x[i], x[i], total);
    return std::sqrt(total);
  }
  if (p == 0) {
    for (std::int64_t i = 0; i < end; i += stride) total += static_cast<T>(x[i] != 0);
    return total;
  }
  if (p == 1) {
    for (std::int64_t i = 0; i < end; i += stride) total += std::abs(x[i]);
    return total;
  }
  const T power = static_cast<T>(p);
  for (std::int64_t i = 0; i < end; i += stride) total += std::pow(std::abs(x[i]), power);
  return std::pow(total, T{1} / power);
}

float norm_float(const float* x, std::int64_t n, std::int64_t stride, double p) { return norm_of(x, n, stride, p); }
double norm_double(const double* x, std::int64_t n, std::int64_t stride, double p) { return norm_of(x, n, stride, p); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(norm_float);
HWY_EXPORT(norm_double);

template <class T>
T norm_of(const T* x, std::int64_t n, std::int64_t stride, double p) {
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(norm_float)(x, n, stride, p);
  else
    return HWY_DYNAMIC_DISPATCH(norm_double)(x, n, stride, p);
}

constexpr std::int64_t piece = 1 << 14;  // elements

}  // namespace

template <class T>
void norm(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, double p, T* out) {
  parallel_for(0, outer * inner, std::max<std::int64_t>(1, piece / std::max<std::int64_t>(n, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   out[i] = norm_of(in + i / inner * n * inner + i % inner, n, inner, p);
                 }
               });
}

template <class T>
void renorm_rows(T* table, std::int64_t dim, const std::int64_t* rows, std::int64_t count, double max_norm, double p) {
  parallel_for(0, count, std::max<std::int64_t>(1, piece / std::max<std::int64_t>(dim, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   T* row = table + rows[i] * dim;
                   const double size = static_cast<double>(norm_of(row, dim, 1, p));
                   if (!(size > max_norm)) continue;
                   const T scale = static_cast<T>(max_norm / (size + 1e-7));
                   for (std::int64_t j = 0; j < dim; ++j) row[j] *= scale;
                 }
               });
}

template void norm(const float*, std::int64_t, std::int64_t, std::int64_t, double, float*);
template void norm(const double*, std::int64_t, std::int64_t, std::int64_t, double, double*);
template void renorm_rows(float*, std::int64_t, const std::int64_t*, std::int64_t, double, double);
template void renorm_rows(double*, std::int64_t, const std::int64_t*, std::int64_t, double, double);

}  // namespace taper::kernels
#endif
