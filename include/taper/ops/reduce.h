#pragma once

#include "taper/tensor/tensor.h"

/// Reductions over all elements, one dimension or several. A dimension counts from the end where negative (IndexError
/// outside
/// [-n, n)); named twice it is a ValueError. `keepdim` leaves reduced dimensions as size one.
namespace taper {

/// In PyTorch's order of summation. Integers and bools add up in int64.
Tensor sum(const Tensor& x);
Tensor sum(const Tensor& x, std::int64_t dim, bool keepdim = false);
Tensor sum(const Tensor& x, const Shape& dims, bool keepdim = false);

}  // namespace taper
