#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "taper/tensor/tensor.h"

namespace taper {

/// Keywords of embedding_bag, in PyTorch's order.
struct EmbeddingBagOptions {
  std::optional<double> max_norm{};  ///< rows looked up whose norm is larger are first scaled down to it, in place
  double norm_type = 2.0;            ///< the p of that norm
  bool scale_grad_by_freq = false;   ///< divides a row's gradients by how often it is looked up; not with "max"
  std::string_view mode = "mean";    ///< "sum", "mean" or "max"
  bool sparse = false;               ///< gives a leaf weight a row-sparse gradient; not with "max"
  Tensor per_sample_weights{};       ///< with "sum": one factor for each index, of input's shape and weight's dtype
  bool include_last_offset = false;  ///< offsets ends with the input's length
  std::optional<std::int64_t> padding_idx{};  ///< an index that counts as absent; counts from the end where negative
};

/// Rows of the table `weight` [n, d] by int32 or int64 indices, reduced bag by bag
/// (torch.nn.functional.embedding_bag): [bags, d]. An input [B, N] is B bags of N indices. A one-dimensional input is
/// cut at `offsets`, where each bag begins: the first is 0, none is smaller than the one before, and with
/// include_last_offset the last is the input's length. A bag of nothing, or of padding alone, gives zeros.
///
/// TypeError for other dtypes; ShapeError for tensors of other shapes; ValueError for offsets that are missing, not
/// wanted or not ascending, for a padding_idx outside [-n, n), another mode, or what a mode does not take; IndexError
/// for an index outside [0, n). All of it before max_norm, a change in place of weight, has changed anything.
///
/// Differentiable twice with respect to weight and per_sample_weights. With "max" the gradient goes to the first of
/// equal maxima. For sparse see embedding.
Tensor embedding_bag(const Tensor& input, const Tensor& weight, const Tensor& offsets,
                     const EmbeddingBagOptions& options = {});
/// The same for an input [B, N].
Tensor embedding_bag(const Tensor& input, const Tensor& weight, const EmbeddingBagOptions& options = {});

}  // namespace taper
