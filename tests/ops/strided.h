#pragma once

#include <algorithm>
#include <sstream>
#include <string>

#include "taper/ops/create.h"
#include "tensor/make.h"

namespace taper_test {

/// "3,4" as a shape; "-" has no dimension.
inline taper::Shape parse_shape(const std::string& text) {
  taper::Shape shape;
  if (text == "-") return shape;
  std::istringstream in(text);
  for (std::string number; std::getline(in, number, ',');) shape.push_back(std::stoll(number));
  return shape;
}

/// Zeros that lie in memory with these strides.
inline taper::Tensor view_of(taper::DType dtype, const taper::Shape& shape, const taper::Shape& strides) {
  std::int64_t span = 1;
  for (int d = 0; d < shape.size(); ++d) span += (shape[d] - 1) * strides[d];
  return taper::detail::alias(taper::zeros({std::max<std::int64_t>(span, 0)}, {.dtype = dtype}), shape, strides);
}

}  // namespace taper_test
