#pragma once

#include <cstdint>
#include <optional>

#include "taper/tensor/tensor.h"

namespace taper {

/// Keywords of embedding, in PyTorch's order.
struct EmbeddingOptions {
  std::optional<std::int64_t> padding_idx{};  ///< a row that gets no gradient; counts from the end where negative
  std::optional<double> max_norm{};  ///< rows looked up whose norm is larger are first scaled down to it, in place
  double norm_type = 2.0;            ///< the p of that norm
  bool scale_grad_by_freq = false;   ///< divides a row's gradients by how often it is looked up
  bool sparse = false;               ///< gives a leaf weight a row-sparse gradient
};

/// Rows of the table `weight` [n, d] by int32 or int64 indices of any shape (torch.nn.functional.embedding): a copy of
/// shape indices.shape + [d].
///
/// TypeError for other index dtypes, or for max_norm with integers in the table; ShapeError unless the table has two
/// dimensions; ValueError for a padding_idx outside [-n, n); IndexError for an index outside [0, n), before max_norm
/// has changed anything. max_norm counts as a change in place of weight. Its scaling is not differentiated.
///
/// With sparse = true the gradient of a leaf is a COO tensor that holds one entry for each index, in their order, but
/// none for padding_idx. A weight that is itself a result, and a gradient that is itself differentiated, get the dense
/// one.
Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingOptions& options = {});

}  // namespace taper
