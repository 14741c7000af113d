#pragma once

#include <cstdint>

#include "kernels/blas.h"

// Products of one matrix with few rows at a time, many times over: it is laid out for that once, where the BLAS would
// do it in each call. T is float or double.
namespace taper::kernels {

/// How many numbers `pack` writes for a matrix [k][n].
std::int64_t packed_size(std::int64_t k, std::int64_t n);

/// Lays a matrix [k][n] out.
template <class T>
void pack(std::int64_t k, std::int64_t n, const Laid<T>& b, T* packed);

/// C = A B, or C += A B where `add` is set, on this thread: A [m][k] and C [m][n] have contiguous rows, a_down and
/// c_down apart; B [k][n] is packed. Each element is what it was, or 0, and then its k terms one after the other, each
/// product fused with its addition: the same bits on every SIMD target, and of whichever rows are done together.
template <class T>
void packed_product(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t a_down, const T* packed,
                    bool add, T* c, std::int64_t c_down);

}  // namespace taper::kernels
