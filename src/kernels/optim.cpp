#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/optim.cpp"
#include "kernels/optim.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "base/parallel.h"
#include "kernels/simd.h"

#ifndef TAPER_KERNELS_OPTIM_SCALARS_
#define TAPER_KERNELS_OPTIM_SCALARS_
namespace taper::kernels {
namespace {

// What the loops need of the options, rounded to the element type.
template <class T>
struct SgdScalars {
  T sign, weight_decay, momentum, fresh, step;
  bool has_decay, has_momentum, nesterov, first;
  explicit SgdScalars(const SgdOptions& o)
      : sign(o.maximize ? T{-1} : T{1}),
        weight_decay(static_cast<T>(o.weight_decay)),
        momentum(static_cast<T>(o.momentum)),
        fresh(static_cast<T>(1 - o.dampening)),
        step(static_cast<T>(-o.lr)),
        has_decay(o.weight_decay != 0),
        has_momentum(o.momentum != 0),
        nesterov(o.nesterov),
        first(o.first) {}
};

template <class T>
struct AdamScalars {
  T sign, weight_decay, beta1, fresh1, beta2, fresh2, root_correction, eps, step, sparse_step;
  bool has_decay;
  explicit AdamScalars(const AdamOptions& o)
      : sign(o.maximize ? T{-1} : T{1}),
        weight_decay(static_cast<T>(o.weight_decay)),
        beta1(static_cast<T>(o.beta1)),
        fresh1(static_cast<T>(1 - o.beta1)),
        beta2(static_cast<T>(o.beta2)),
        fresh2(static_cast<T>(1 - o.beta2)),
        root_correction(static_cast<T>(std::sqrt(1 - std::pow(o.beta2, o.step)))),
        eps(static_cast<T>(o.eps)),
        step(static_cast<T>(-(o.lr / (1 - std::pow(o.beta1, o.step))))),
        sparse_step(
            static_cast<T>(-(o.lr * std::sqrt(1 - std::pow(o.beta2, o.step)) / (1 - std::pow(o.beta1, o.step))))),
        has_decay(o.weight_decay != 0) {}
};

}  // namespace
}  // namespace taper::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

template <bool decay, class T>
HWY_INLINE T signed_gradient(T grad, T param, T sign, T weight_decay) {
  const T g = sign * grad;
  return decay ? std::fma(param, weight_decay, g) : g;
}

enum class Buffer { none, first, later, nesterov_first, nesterov_later };

template <bool decay, Buffer kind, class T>
void sgd_loop(std::int64_t n, T* __restrict param, const T* __restrict grad, T* __restrict buffer,
              const SgdScalars<T>& scalars) {
  const SgdScalars<T> s = scalars;
  for (std::int64_t i = 0; i < n; ++i) {
    T g = signed_gradient<decay>(grad[i], param[i], s.sign, s.weight_decay);
    if constexpr (kind != Buffer::none) {
      T b = g;
      if constexpr (kind == Buffer::later || kind == Buffer::nesterov_later)
        b = std::fma(g, s.fresh, buffer[i] * s.momentum);
      buffer[i] = b;
      g = kind == Buffer::nesterov_first || kind == Buffer::nesterov_later ? std::fma(b, s.momentum, g) : b;
    }
    param[i] = std::fma(g, s.step, param[i]);
  }
}

template <bool decay, class T>
void sgd_by_buffer(std::int64_t n, T* param, const T* grad, T* buffer, const SgdScalars<T>& s) {
  if (!s.has_momentum) return sgd_loop<decay, Buffer::none>(n, param, grad, buffer, s);
  if (s.nesterov) {
    if (s.first) return sgd_loop<decay, Buffer::nesterov_first>(n, param, grad, buffer, s);
    return sgd_loop<decay, Buffer::nesterov_later>(n, param, grad, buffer, s);
  }
  if (s.first) return sgd_loop<decay, Buffer::first>(n, param, grad, buffer, s);
  return sgd_loop<decay, Buffer::later>(n, param, grad, buffer, s);
}

template <class T>
void sgd(std::int64_t n, T* param, const T* grad, T* buffer, const SgdScalars<T>& s) {
  if (s.has_decay) {
    sgd_by_buffer<true>(n, param, grad, buffer, s);
  } else {
    sgd_by_buffer<false>(n, param, grad, buffer, s);
  }
}

template <bool decay, bool amsgrad, class T>
void adam_loop(std::int64_t n, T* __restrict param, const T* __restrict grad, T* __restrict m, T* __restrict v,
               T* __restrict v_max, const AdamScalars<T>& scalars) {
  const AdamScalars<T> s = scalars;
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = signed_gradient<decay>(grad[i], param[i], s.sign, s.weight_decay);
    m[i] = std::fma(g, s.fresh1, m[i] * s.beta1);
    v[i] = std::fma(s.fresh2 * g, g, v[i] * s.beta2);
    T second = v[i];
    if constexpr (amsgrad) {
      second = second != second || second > v_max[i] ? second : v_max[i];  // a NaN stays
      v_max[i] = second;
    }
    const T denominator = std::sqrt(second) / s.root_correction + s.eps;
    param[i] = param[i] + (s.step * m[i]) / denominator;
  }
}

template <class T>
void adam(std::int64_t n, T* param, const T* grad, T* m, T* v, T* v_max, const AdamScalars<T>& s) {
  if (s.has_decay) {
    if (v_max) return adam_loop<true, true>(n, param, grad, m, v, v_max, s);
    return adam_loop<true, false>(n, param, grad, m, v, v_max, s);
  }
  if (v_max) return adam_loop<false, true>(n, param, grad, m, v, v_max, s);
  return adam_loop<false, false>(n, param, grad, m, v, v_max, s);
}

template <class T>
void sparse_adam(std::int64_t n, T* __restrict param, const T* __restrict grad, T* __restrict m, T* __restrict v,
                 const AdamScalars<T>& scalars) {
  const AdamScalars<T> s = scalars;
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = s.sign * grad[i];
    const T change_m = (g - m[i]) * s.fresh1;
    const T change_v = (g * g - v[i]) * s.fresh2;
    m[i] = m[i] + change_m;
    v[i] = v[i] + change_v;
    param[i] = param[i] + m[i] / (std::sqrt(v[i]) + s.eps) * s.sparse_step;
  }
}

void sgd_float(std::int64_t n, float* param, const float* grad, float* buffer, const SgdScalars<float>& s) {
  sgd(n, param, grad, buffer, s);
}
void sgd_double(std::int64_t n, double* param, const double* grad, double* buffer, const SgdScalars<double>& s) {
  sgd(n, param, grad, buffer, s);
}
void adam_float(std::int64_t n, float* param, const float* grad, float* m, float* v, float* v_max,
                const AdamScalars<float>& s) {
  adam(n, param, grad, m, v, v_max, s);
}
void adam_double(std::int64_t n, double* param, const double* grad, double* m, double* v, double* v_max,
                 const AdamScalars<double>& s) {
  adam(n, param, grad, m, v, v_max, s);
}
void sparse_adam_float(std::int64_t n, float* param, const float* grad, float* m, float* v,
                       const AdamScalars<float>& s) {
  sparse_adam(n, param, grad, m, v, s);
}
void sparse_adam_double(std::int64_t n, double* param, const double* grad, double* m, double* v,
                        const AdamScalars<double>& s) {
  sparse_adam(n, param, grad, m, v, s);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(sgd_float);
HWY_EXPORT(sgd_double);
HWY_EXPORT(adam_float);
HWY_EXPORT(adam_double);
HWY_EXPORT(sparse_adam_float);
HWY_EXPORT(sparse_adam_double);

constexpr std::int64_t piece = 1 << 14;  // elements

}  // namespace

template <class T>
void sgd_step(std::int64_t n, T* param, const T* grad, T* buffer, const SgdOptions& options) {
  const SgdScalars<T> s(options);
  parallel_for(0, n, piece, [&](std::int64_t begin, std::int64_t end) {
    T* b = s.has_momentum ? buffer + begin : nullptr;
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(sgd_float)(end - begin, param + begin, grad + begin, b, s);
    } else {
      HWY_DYNAMIC_DISPATCH(sgd_double)(end - begin, param + begin, grad + begin, b, s);
    }
  });
}

template <class T>
void adam_step(std::int64_t n, T* param, const T* grad, T* m, T* v, T* v_max, const AdamOptions& options) {
  const AdamScalars<T> s(options);
  parallel_for(0, n, piece, [&](std::int64_t begin, std::int64_t end) {
    T* largest = v_max ? v_max + begin : nullptr;
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(adam_float)(end - begin, param + begin, grad + begin, m + begin, v + begin, largest, s);
    } else {
      HWY_DYNAMIC_DISPATCH(adam_double)(end - begin, param + begin, grad + begin, m + begin, v + begin, largest, s);
    }
  });
}

template <class T>
void sparse_adam_step(const std::int64_t* rows, std::int64_t count, std::int64_t dim, T* param, const T* grad, T* m,
                      T* v, const AdamOptions& options) {
  const AdamScalars<T> s(options);
  parallel_for(0, count, std::max<std::int64_t>(1, piece / std::max<std::int64_t>(dim, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t at = rows[i] * dim;
                   if constexpr (std::is_same_v<T, float>) {
                     HWY_DYNAMIC_DISPATCH(sparse_adam_float)(dim, param + at, grad + i * dim, m + at, v + at, s);
                   } else {
                     HWY_DYNAMIC_DISPATCH(sparse_adam_double)(dim, param + at, grad + i * dim, m + at, v + at, s);
                   }
                 }
               });
}

using I64 = std::int64_t;
template void sgd_step(I64, float*, const float*, float*, const SgdOptions&);
template void sgd_step(I64, double*, const double*, double*, const SgdOptions&);
template void adam_step(I64, float*, const float*, float*, float*, float*, const AdamOptions&);
template void adam_step(I64, double*, const double*, double*, double*, double*, const AdamOptions&);
template void sparse_adam_step(const I64*, I64, I64, float*, const float*, float*, float*, const AdamOptions&);
template void sparse_adam_step(const I64*, I64, I64, double*, const double*, double*, double*, const AdamOptions&);

}  // namespace taper::kernels
#endif
