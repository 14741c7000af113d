#pragma once

#include "taper/tensor/tensor.h"

namespace taper {

/// (x - mean) / sqrt(variance + eps) * weight + bias over the last dimensions, whose shape `normalized_shape` names
/// (torch.nn.functional.layer_norm). weight and bias have that shape, or are undefined for ones and zeros. The variance
/// is the biased one. ShapeError where shapes do not fit, TypeError unless all are of one floating-point dtype.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);

}  // namespace taper
