#pragma once

#include <cstdint>

// Sorting along the middle axis of contiguous [outer][n][inner]; NaN counts as the largest value. T is any of the five
// element types.
namespace taper::kernels {

/// The values in order and where each of them stood. Equal values keep their order.
template <class T>
void sort(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, bool descending, T* values,
          std::int64_t* indices);

/// The k largest (or smallest) values in order, of equal ones the first, and where they stood; k is at most n. The
/// results are [outer][k][inner].
template <class T>
void topk(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t k, bool largest, T* values,
          std::int64_t* indices);

}  // namespace taper::kernels
