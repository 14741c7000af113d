#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/logits_loss.cpp"
#endif
#include "kernels/logits_loss.h"

#include <cmath>
#include <type_traits>

#include "base/parallel.h"
#include "kernels/math.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

// PyTorch's roundings: it adds log(exp(-m) + exp(-x - m)) with m = max(-x, 0), one of whose terms is always 1, or NaN
// where m is infinite: so is m - m.
template <class T>
[[gnu::always_inline]] inline T term(T x, T y) {
  const T most = -x < T(0) ? T(0) : -x;
  return (T(1) - y) * x + most + (math::log(T(1) + math::exp(-std::abs(x))) + (most - most));
}

template <class T>
void loss(std::int64_t n, const T* __restrict x, const T* __restrict y, const T* __restrict weight, T* __restrict out) {
  if (weight == nullptr) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = term(x[i], y[i]);
  } else {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = term(x[i], y[i]) * weight[i];
  }
}

template <class T>
void slope(std::int64_t n, const T* __restrict x, const T* __restrict y, const T* __restrict weight,
           const T* __restrict g, std::int64_t step, T* __restrict dx) {
  if (step == 0) {
    const T same = *g;
    if (weight == nullptr) {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) dx[i] = (math::sigmoid(x[i]) - y[i]) * same;
    } else {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) dx[i] = (math::sigmoid(x[i]) - y[i]) * (same * weight[i]);
    }
  } else if (weight == nullptr) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) dx[i] = (math::sigmoid(x[i]) - y[i]) * g[i];
  } else {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) dx[i] = (math::sigmoid(x[i]) - y[i]) * (g[i] * weight[i]);
  }
}

void loss_float(std::int64_t n, const float* x, const float* y, const float* weight, float* out) {
  loss(n, x, y, weight, out);
}
void loss_double(std::int64_t n, const double* x, const double* y, const double* weight, double* out) {
  loss(n, x, y, weight, out);
}
void slope_float(std::int64_t n, const float* x, const float* y, const float* weight, const float* g, std::int64_t step,
                 float* dx) {
  slope(n, x, y, weight, g, step, dx);
}
void slope_double(std::int64_t n, const double* x, const double* y, const double* weight, const double* g,
                  std::int64_t step, double* dx) {
  slope(n, x, y, weight, g, step, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(loss_float);
HWY_EXPORT(loss_double);
HWY_EXPORT(slope_float);
HWY_EXPORT(slope_double);

constexpr std::int64_t worth_a_thread = 1 << 14;

template <class T>
const T* from(const T* array, std::int64_t begin) {
  return array == nullptr ? nullptr : array + begin;
}

}  // namespace

template <class T>
void logits_loss(std::int64_t n, const T* x, const T* y, const T* weight, T* out) {
  const auto loop = [] {
    if constexpr (std::is_same_v<T, float>) {
      return HWY_DYNAMIC_DISPATCH(loss_float);
    } else {
      return HWY_DYNAMIC_DISPATCH(loss_double);
    }
  }();
  parallel_for(0, n, worth_a_thread, [&](std::int64_t begin, std::int64_t end) {
    loop(end - begin, x + begin, y + begin, from(weight, begin), out + begin);
  });
}

template <class T>
void logits_loss_backward(std::int64_t n, const T* x, const T* y, const T* weight, const T* g, std::int64_t step,
                          T* dx) {
  const auto loop = [] {
    if constexpr (std::is_same_v<T, float>) {
      return HWY_DYNAMIC_DISPATCH(slope_float);
    } else {
      return HWY_DYNAMIC_DISPATCH(slope_double);
    }
  }();
  parallel_for(0, n, worth_a_thread, [&](std::int64_t begin, std::int64_t end) {
    loop(end - begin, x + begin, y + begin, from(weight, begin), g + begin * step, step, dx + begin);
  });
}

using I64 = std::int64_t;
template void logits_loss(I64, const float*, const float*, const float*, float*);
template void logits_loss(I64, const double*, const double*, const double*, double*);
template void logits_loss_backward(I64, const float*, const float*, const float*, const float*, I64, float*);
template void logits_loss_backward(I64, const double*, const double*, const double*, const double*, I64, double*);

}  // namespace taper::kernels
#endif
