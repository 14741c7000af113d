#pragma once

#include <cstdint>

// Binary cross-entropy of n logits x and targets y, each term times its weight; `weight` may be null for ones. T is
// float or double.
namespace taper::kernels {

/// out = ((1 - y) x + max(-x, 0) + log(1 + exp(-|x|))) w
template <class T>
void logits_loss(std::int64_t n, const T* x, const T* y, const T* weight, T* out);

/// dx = (sigmoid(x) - y) (g w), where g is g[i], or g[0] for all if `step` is 0.
template <class T>
void logits_loss_backward(std::int64_t n, const T* x, const T* y, const T* weight, const T* g, std::int64_t step,
                          T* dx);

}  // namespace taper::kernels
