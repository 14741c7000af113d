#pragma once

#include "taper/tensor/tensor.h"

namespace taper {

/// The same numbers in memory of its own, strides kept where they leave no holes (Tensor.clone).
Tensor clone(const Tensor& x);
/// The tensor itself if it is row-major already, else a row-major copy (Tensor.contiguous).
Tensor contiguous(const Tensor& x);
/// The numbers as another dtype; the tensor itself if it has it already (Tensor.to). Fractions are cut towards zero,
/// and every number but 0 is true.
Tensor to(const Tensor& x, DType dtype);

}  // namespace taper
