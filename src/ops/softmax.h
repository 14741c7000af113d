#pragma once

#include "taper/tensor/tensor.h"

namespace taper::detail {

/// softmax of x, whose numbers are known already to be `result`, on the tape.
Tensor record_softmax(Tensor result, const Tensor& x, std::int64_t dim);

}  // namespace taper::detail
