#pragma once

#include <cstdint>

// Softmax and its relatives along the middle axis of contiguous [outer][n][inner]. T is float or double. A NaN, or no
// finite largest value, makes NaN of the whole line.
namespace taper::kernels {

/// exp(x) / sum exp(x).
template <class T>
void softmax(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out);
/// x - log sum exp(x).
template <class T>
void log_softmax(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out);
/// log sum exp(x), of shape [outer][inner]; where the largest value is infinite, that value. -inf for n = 0.
template <class T>
void logsumexp(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out);

/// The input's gradient from softmax's result y and its gradient g: (g - sum(g y)) y.
template <class T>
void softmax_backward(const T* y, const T* g, std::int64_t outer, std::int64_t n, std::int64_t inner, T* dx);
/// The input's gradient from log_softmax's result y and its gradient g: g - exp(y) sum(g).
template <class T>
void log_softmax_backward(const T* y, const T* g, std::int64_t outer, std::int64_t n, std::int64_t inner, T* dx);

}  // namespace taper::kernels
