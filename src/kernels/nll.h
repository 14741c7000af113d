#pragma once

#include <cstdint>

// Negative log likelihood of classes: log-probabilities [outer][n][inner] and targets [outer][inner] of [0, n), or
// `ignore`. `weight` [n] may be null for ones. T is float or double.
namespace taper::kernels {

/// out[o][i] = -weight[target] x[o][target][i], 0 where ignored.
template <class T>
void nll(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
         std::int64_t ignore, const T* weight, T* out);

/// Their sum, in PyTorch's order of summation.
template <class T>
T nll_sum(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
          std::int64_t ignore, const T* weight);

/// The sum of the weights of `count` targets, in the same order.
template <class T>
T nll_weight(std::int64_t count, const std::int64_t* target, std::int64_t ignore, const T* weight);

/// nll and nll_sum where x holds just the log-probabilities of the targets' classes.
template <class T>
void nll_picked(const T* x, std::int64_t count, const std::int64_t* target, std::int64_t ignore, const T* weight,
                T* out);
template <class T>
T nll_picked_sum(const T* x, std::int64_t count, const std::int64_t* target, std::int64_t ignore, const T* weight);

/// dx[o][target][i] = -weight[target] g, where g is g[o][i], or g[0] for all if `step` is 0. Nothing else is written.
template <class T>
void nll_backward(const T* g, std::int64_t step, std::int64_t outer, std::int64_t n, std::int64_t inner,
                  const std::int64_t* target, std::int64_t ignore, const T* weight, T* dx);

}  // namespace taper::kernels
