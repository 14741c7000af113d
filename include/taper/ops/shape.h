#pragma once

#include <vector>

#include "taper/tensor/tensor.h"

/// Other shapes of the same numbers. Unless said otherwise the result is a view: it shares memory, and a change in
/// place of one is seen in the other. Dimensions count from the end where negative (IndexError outside [-n, n)).
namespace taper {

/// Another shape, one size of which may be -1; ShapeError where the numbers do not fit or do not lie so that a view can
/// show it.
Tensor view(const Tensor& x, const Shape& shape);
/// The same, copying where a view cannot be.
Tensor reshape(const Tensor& x, const Shape& shape);
Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1);
/// All dimensions in another order; ValueError unless each is named once.
Tensor permute(const Tensor& x, const Shape& dims);
/// The transpose of a matrix; tensors of fewer dimensions as they are.
Tensor t(const Tensor& x);
/// Without dimensions of size one: all, or the one named if it is.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, std::int64_t dim);
/// With a new dimension of size one before `dim`, in [-n - 1, n + 1).
Tensor unsqueeze(const Tensor& x, std::int64_t dim);
/// Sizes of one stretched, new dimensions in front; -1 leaves a size.
Tensor expand(const Tensor& x, const Shape& shape);
/// The dimensions from start_dim to end_dim as one; a copy where a view cannot be.
Tensor flatten(const Tensor& x, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
/// `length` entries of a dimension from `start` on; IndexError outside it.
Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// Entry `index` of a dimension, which disappears; negative counts from the end, IndexError outside.
Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index);
/// Python's x[start:end:step] along a dimension; ValueError for a step below 1.
Tensor slice(const Tensor& x, std::int64_t dim, std::optional<std::int64_t> start = {},
             std::optional<std::int64_t> end = {}, std::int64_t step = 1);
/// Pieces of `size` entries along a dimension, the last one shorter; ValueError for a size below 1.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t dim = 0);
/// Pieces of the sizes named, which must add up (ShapeError).
std::vector<Tensor> split(const Tensor& x, const Shape& sizes, std::int64_t dim = 0);
/// At most `chunks` pieces of equal size, the last one shorter; ValueError below 1.
std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim = 0);
/// The entries of a dimension, which disappears. As the pieces of split and chunk, these views cannot be changed in
/// place where gradients are wanted (GradError).
std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim = 0);

/// One behind the other along a dimension, as a new tensor in the promoted dtype; ShapeError where other sizes differ,
/// ValueError for none.
Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
/// The same along a new dimension; all shapes equal.
Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
/// Dimensions in reverse order of entries; a copy.
Tensor flip(const Tensor& x, const Shape& dims);
/// `repeats` times along each dimension, new ones in front; a copy.
Tensor repeat(const Tensor& x, const Shape& repeats);

}  // namespace taper
