#pragma once

#include "taper/tensor/tensor.h"

/// Whether tensors hold the same numbers, or nearly. `testing::assert_close` says where they do not.
namespace taper {

/// Where |a - b| <= atol + rtol |b| with a finite difference, or a equals b (torch.isclose): bool, of the shape that
/// both broadcast to, not recorded. NaN is close to NaN with equal_nan alone. Integers are compared as float32, unless
/// both tolerances are 0. TypeError for different dtypes, ValueError for a tolerance that is negative or NaN.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether that holds everywhere (torch.allclose).
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether both have one shape and equal elements, NaN equalling nothing (torch.equal). TypeError for different dtypes.
bool equal(const Tensor& a, const Tensor& b);

}  // namespace taper
