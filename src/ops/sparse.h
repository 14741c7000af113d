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

/// a + b (or a - b) where b, or both, are sparse, outside the tape.
Tensor add_with_sparse(const char* op, const Tensor& a, const Tensor& b);

/// a * b where one is sparse: by a number, or by a dense tensor that broadcasts to the other's shape.
Tensor mul_with_sparse(const Tensor& a, const Tensor& b);

/// x / number, entry by entry.
Tensor div_sparse(const Tensor& x, const Tensor& divisor);

/// The same entries with other values, [nnz, ...].
Tensor with_values(const Tensor& sparse, const Tensor& values);

/// Makes a sparse tensor, and every handle on it, what another one of its shape is.
void become(const Tensor& self, const Tensor& sparse);

/// Scales in place by `change`, which gets the values: other tensors that share them see it.
template <class F>
void change_values(const Tensor& sparse, F&& change) {
  Tensor values = sparse.values();
  if (!values.is_contiguous()) become(sparse, with_values(sparse, values.clone()));
  values = sparse.values();
  change(values);
}

/// `sparse` itself if nobody else holds it or its indices, with its values lent by whoever else holds these; else a
/// copy.
Tensor own_sparse(const Tensor& sparse);

}  // namespace taper::detail
