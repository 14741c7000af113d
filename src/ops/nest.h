#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "taper/tensor/tensor.h"

namespace taper::detail {

/// A reduction's dimensions in the order in which PyTorch's loops nest, the innermost last: those kept as the shape
/// names them, those reduced as they lie in memory.
struct Nest {
  std::vector<int> kept, reduced;
  std::int64_t n = 1, blocks = 1;  // of the innermost reduced dimensions that are one stretch; how many stretches
  std::int64_t columns = 1;        // of the innermost kept dimensions that are one stretch
  std::int64_t step = 0, column_step = 0;  // their strides
  std::size_t column_dims = 0;             // how many dimensions the columns are

  Nest(const Tensor& x, const Shape& kept_shape);
  /// The kept dimensions, then the reduced ones.
  std::vector<int> order() const;
};

/// The numbers copied, unless they lie so already, with the dimensions in this order.
Tensor laid_out(const Tensor& x, const std::vector<int>& order);

}  // namespace taper::detail
