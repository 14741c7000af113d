#pragma once

#include <cstdint>
#include <span>

#include "taper/tensor/tensor.h"

/// A dense gradient held by rows: the few rows of a table that a backward has touched, in a COO tensor of Taper's own,
/// either as the lookup's entries or, if is_coalesced(), as each row's sum, in any order of rows. It means the dense
/// gradient, which Tensor::grad() makes when somebody asks; until then a step that leaves untouched rows alone costs
/// what the touched ones cost.
namespace taper::detail {

/// Lets a sparse gradient, whose entries are all of one table's, mean the dense one that they sum to.
Tensor hold_by_rows(const Tensor& sparse);

/// A row-held gradient of sums: `rows` named once each, `values` [rows.size(), ...].
Tensor make_row_held(std::span<const std::int64_t> rows, const Tensor& values, const Shape& shape);

/// A row-held gradient's rows summed; any other gradient as it is.
Tensor with_rows_summed(const Tensor& gradient);

/// The sum of two row-held gradients of sums.
Tensor add_row_held(const Tensor& a, const Tensor& b);

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
