#pragma once

#include "taper/tensor/tensor.h"

/// Arithmetic on row-sparse gradients: COO with one sparse dimension, in PyTorch's order of summation.
namespace taper::detail {

/// The merge or concatenation of two.
Tensor add_sparse(const Tensor& a, const Tensor& b);

/// dense + sparse as a new dense tensor, entry by entry in the order stored.
Tensor add_sparse_to_dense(const Tensor& dense, const Tensor& sparse);

/// The same in place; the version of `dense` goes up.
void add_sparse_in_place(const Tensor& dense, const Tensor& sparse);

/// `sparse` itself if nobody else holds its parts and they are contiguous, else a copy.
Tensor own_sparse(const Tensor& sparse);

}  // namespace taper::detail
