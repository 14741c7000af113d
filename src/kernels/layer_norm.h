#pragma once

#include <cstdint>

// Layer normalisation of the rows of [rows][n]. T is float or double; sums are taken in T for
// some tens of terms and then in double.
namespace taper::kernels {

/// y = (x - mean) rstd gamma + beta with rstd = 1 / sqrt(variance + eps); mean and rstd are [rows]. gamma and beta are
/// [n] or null for ones and zeros.
template <class T>
void layer_norm(const T* x, std::int64_t rows, std::int64_t n, const T* gamma, const T* beta, double eps, T* y, T* mean,
                T* rstd);

/// The gradient of x, from that of y and from what layer_norm returned.
template <class T>
void layer_norm_backward(const T* dy, const T* x, const T* mean, const T* rstd, const T* gamma, std::int64_t rows,
                         std::int64_t n, T* dx);

/// The gradients of gamma and beta, summed over the rows in their order; either may be null.
template <class T>
void layer_norm_backward_affine(const T* dy, const T* x, const T* mean, const T* rstd, std::int64_t rows,
                                std::int64_t n, T* dgamma, T* dbeta);

}  // namespace taper::kernels
