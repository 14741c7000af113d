#pragma once

#include "taper/tensor/tensor.h"

/// A dense gradient held by rows: the few rows of a table that a backward has touched, ascending and each once, in a
/// COO tensor of Taper's own. It means the dense gradient, which Tensor::grad() makes when somebody asks; until then a
/// step that leaves untouched rows alone costs what the touched ones cost.
namespace taper::detail {

/// A row-held gradient of the shape named; `rows` int64 [1, n], `values` [n, ...].
Tensor make_row_held(const Tensor& rows, const Tensor& values, const Shape& shape);

/// Whether a gradient, possibly undefined, is row-held.
bool is_row_held(const Tensor& gradient);

/// The dense gradient that a row-held one means: the same tensor at every call.
Tensor dense_gradient_of(const Tensor& row_held);

/// What `gradient` is by now: the dense tensor if it was row-held and somebody has asked, since that one may have been
/// changed; else itself.
Tensor settled(const Tensor& gradient);

/// The leaf's gradient as it is held: row-held where nobody has asked for the dense one.
Tensor held_gradient(const Tensor& leaf);

}  // namespace taper::detail
