#pragma once

#include <taper/taper.h>

#include <string>
#include <vector>

namespace ops {

using namespace taper;  // NOLINT: this is the benchmarks' own header

inline Tensor leaf(const Shape& shape) { return randn(shape).requires_grad_(); }
inline void drop(const Tensor& x) { x.set_grad({}); }

}  // namespace ops
