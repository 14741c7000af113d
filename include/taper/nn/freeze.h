#pragma once

#include "taper/tensor/tensor.h"

namespace taper::nn {

/// Takes rows of a parameter (entries of its first dimension, by int32 or int64 numbers in any order) out of learning,
/// besides those taken out before, or lets them learn again with `freeze = false`. PyTorch has no such thing.
///
/// From the next backward on, the gradient of a frozen row is zero, or has no entry where it is sparse; and a step of
/// an optimizer leaves the row's numbers as they are, whatever momentum or weight decay would do to them. Everything
/// else (other rows, lookups, max_norm, writes by hand, files) is as without it. A copy of the parameter has the same
/// rows frozen. TypeError for other index dtypes, ShapeError for a 0-d parameter, IndexError for a row outside [0, n).
void freeze_rows(const Tensor& parameter, const Tensor& rows, bool freeze = true);

/// The frozen rows, int64, ascending.
Tensor frozen_rows(const Tensor& parameter);

}  // namespace taper::nn
