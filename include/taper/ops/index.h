#pragma once

#include <vector>

#include "taper/tensor/tensor.h"

/// Numbers by their positions. Index tensors are int64 or int32, masks bool (TypeError for others); an index outside
/// its dimension is an IndexError that names it, where it stands, and the range. Gradients of entries named twice add
/// up.
namespace taper {

/// `x[indices]` (Python's indexing). Integers, slices, None and Ellipsis make a view; an integer tensor picks entries
/// of its dimension, a mask those of its dimensions where it holds, and the result is a copy. Several tensors broadcast
/// together, and their common dimensions stand where the first of them stood if they are neighbours, else in front.
/// Indices count from the end where negative.
Tensor index(const Tensor& x, const std::vector<Index>& indices);
/// Entries `index` (0-d or 1-d) of a dimension, none of them negative (torch.index_select).
Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index);
/// The result, of index's shape, has x[.., index[.., i, ..], ..] at [.., i, ..] (torch.gather). index has as many
/// dimensions as x and is nowhere larger but along `dim`. No index is negative.
Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index);
/// x with source[.., i, ..], or a number, written to [.., index[.., i, ..], ..] (torch.scatter). index is nowhere
/// larger than source, nor than x but along `dim`; source has x's dtype (TypeError). Of several sources of one place
/// the last one stays.
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
/// The same, added to what stands there (torch.scatter_add); not of bools.
Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// x with alpha source[.., i, ..] added to entry index[i] of a dimension (torch.index_add). source has x's dtype and,
/// but for `dim`, its shape; not of bools.
Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha = 1);

/// int64 [..., num_classes] with a one at each class number (torch.nn.functional.one_hot); -1 takes the largest class
/// + 1. IndexError for a class outside [0, num_classes), ValueError for -1 without any index.
Tensor one_hot(const Tensor& indices, std::int64_t num_classes = -1);
/// The positions of the elements other than zero, int64 [count, x.dim()], in row-major order (torch.nonzero).
Tensor nonzero(const Tensor& x);
/// The elements where the mask holds, one-dimensional; x and the mask broadcast (torch.masked_select).
Tensor masked_select(const Tensor& x, const Tensor& mask);

}  // namespace taper
