#pragma once

#include <cstdint>

#include "kernels/blas.h"

// Products of small matrices, where a call of the BLAS costs more than the arithmetic.
namespace taper::kernels {

/// Whether small_product is the quicker way. This depends on sizes and strides alone.
template <class T>
bool is_small_product(const Product<T>& product);

/// The product on this thread, with the same bits on every SIMD target. The operands may lie at any strides. Each
/// element is the sum of its k terms (at most 256) one after the other, each product fused with its addition; where a
/// few rows meet columns of which each is contiguous, it is summed in lanes (`lane_sum` in the source). T is float or
/// double.
template <class T>
void small_product(const Product<T>& product);

}  // namespace taper::kernels
