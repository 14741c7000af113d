#pragma once

#include "taper/tensor/tensor.h"

namespace taper {

/// In training each element is 0 with probability p, and the others are divided by 1 - p; otherwise x itself
/// (torch.nn.functional.dropout). The mask comes from the default generator. ValueError for a p outside [0, 1],
/// TypeError unless x is floating-point.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true);

}  // namespace taper
