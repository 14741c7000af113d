#pragma once

#include <cstdint>

// Cross entropy of logits [outer][n][inner] and classes [outer][inner], each of [0, n) or `ignore`, in one go with its
// gradient. T is float or double.
namespace taper::kernels {

/// picked[o][i] is log_softmax(x) at the class that the target names, 0 where ignored. dx, unless null, gets the
/// gradient of -sum(share weight[target] picked): share weight[target] (softmax(x) - 1 at the target); where ignored 0
/// softmax(x), which may be NaN. `weight` [n] may be null for ones. dx is not x.
template <class T>
void cross_entropy(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
                   std::int64_t ignore, const T* weight, T share, T* picked, T* dx);

/// out = dx g, where g is g[o][i], or g[0] for all if `step` is 0; NaN at the target where g is not finite, as there
/// two terms cancel. out may be dx.
template <class T>
void cross_entropy_scale(const T* dx, const T* g, std::int64_t step, std::int64_t outer, std::int64_t n,
                         std::int64_t inner, const std::int64_t* target, std::int64_t ignore, T* out);

}  // namespace taper::kernels
