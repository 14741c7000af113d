#pragma once

#include "taper/tensor/tensor.h"

/// Products of matrices and vectors. Operands have one dtype, anything but bool (TypeError); sizes that do not fit are
/// a ShapeError with both shapes. Transposed operands are multiplied as they lie, without a copy.
namespace taper {

/// [m, k] x [k, n] -> [m, n].
Tensor mm(const Tensor& a, const Tensor& b);
/// [batch, m, k] x [batch, k, n] -> [batch, m, n].
Tensor bmm(const Tensor& a, const Tensor& b);
/// The product of vectors, matrices or stacks of matrices: a vector counts as a row on the left and as a column on the
/// right and its dimension disappears; the dimensions in front of the last two broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);
/// beta input + alpha a b, the input broadcast to [m, n]; with beta = 0 it is not looked at.
Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, Scalar beta = 1, Scalar alpha = 1);
/// [m, k] x [k] -> [m].
Tensor mv(const Tensor& a, const Tensor& x);
/// The sum of the products of two vectors, 0-d.
Tensor dot(const Tensor& x, const Tensor& y);
/// [m] and [n] -> [m, n], every product of two.
Tensor outer(const Tensor& x, const Tensor& y);
/// x weight^T + bias (torch.nn.functional.linear) for x [..., in], weight [out, in] or [in], and bias [out], which may
/// be undefined.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace taper
