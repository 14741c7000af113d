#pragma once

#include <optional>

#include "tensor/make.h"

namespace taper::detail {

/// A view of `x` with this geometry (offset in elements from x's first): as alias, but it follows x's base through
/// changes in place. The caller records it.
Tensor make_view(const Tensor& x, const Shape& shape, const Shape& strides, std::int64_t offset = 0);

/// Strides that show x in `shape` without a copy, or nothing.
std::optional<Shape> view_strides(const Tensor& x, const Shape& shape);

/// `shape` with its -1, if there is one, worked out for `count` elements. ShapeError naming `op` where they do not fit.
Shape infer_shape(const char* op, const Shape& shape, std::int64_t count, const Shape& from);

/// Entry `index` of dimension `dim`, recorded as `node`. All of it was checked before.
Tensor select_view(const char* node, const Tensor& x, int dim, std::int64_t index);

/// x[start:end:step] along `dim`, recorded as `node`. All of it was checked before.
Tensor slice_view(const char* node, const Tensor& x, int dim, std::int64_t start, std::int64_t end, std::int64_t step);

/// Zeros of shape `whole` with `part` in [start, end) by `step` of a dimension: what slice takes out, put back.
Tensor put_slice(const Tensor& part, const Shape& whole, std::int64_t dim, std::int64_t start, std::int64_t end,
                 std::int64_t step);

}  // namespace taper::detail
