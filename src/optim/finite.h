#pragma once

#include <cstdint>
#include <string>

#include "taper/tensor/tensor.h"

namespace taper::optim::detail {

/// NumericError `OP: grad of 'tok.weight' row 7, step 120 is nan; ...` where a gradient, dense, sparse or held by rows,
/// has a number that is NaN or infinite. `what` is "parameter 'tok.weight'" or what else says which it is.
void check_finite(const char* op, const Tensor& grad, const std::string& what, std::int64_t step);

}  // namespace taper::optim::detail
