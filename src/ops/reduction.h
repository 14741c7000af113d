#pragma once

#include "taper/tensor/tensor.h"

namespace taper::detail {

/// A reduction laid out for the kernels: the input as contiguous [outer][n][inner] with the reduced dimensions as n.
struct Reduction {
  Tensor input;  // outside the tape; permuted and copied where the dimensions do not lie side by side
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
  Shape kept;           // the result's shape with reduced dimensions as size one
  Shape result;         // the result's shape, with or without them
  bool copied = false;  // whether `input` is a copy in another order than x's memory

  /// Over `dims`, or over all where there are none. IndexError and ValueError name `op`.
  Reduction(const char* op, const Tensor& x, const Shape& dims, bool keepdim);
};

/// TypeError naming `op` unless x is floating-point.
void check_floating(const char* op, const Tensor& x);

/// A reduction's result or its gradient with the reduced dimensions as size one.
inline Tensor unreduced(const Tensor& x, const Shape& kept) { return x.shape() == kept ? x : x.reshape(kept); }

}  // namespace taper::detail
