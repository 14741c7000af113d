#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "taper/nn/module.h"

namespace taper::nn {

/// Keywords of EmbeddingBag, in PyTorch's order.
struct EmbeddingBagOptions {
  std::optional<double> max_norm{};  ///< rows looked up whose norm is larger are first scaled down to it, in place
  double norm_type = 2.0;            ///< the p of that norm
  bool scale_grad_by_freq = false;   ///< divides a row's gradients by how often it is looked up; not with "max"
  std::string_view mode = "mean";    ///< "sum", "mean" or "max"
  bool sparse = false;               ///< gives the weight a row-sparse gradient; not with "max"
  Tensor _weight{};                  ///< the table itself: its memory is shared, and nothing is drawn
  bool include_last_offset = false;  ///< offsets ends with the input's length
  std::optional<std::int64_t>
      padding_idx{};  ///< an index that counts as absent, its row zeros at first; negative counts from the end
  std::string_view device = "cpu";  ///< "cpu"; anything else is a ValueError
  std::optional<DType> dtype{};     ///< float32 or float64; float32 where empty
};

/// Keywords of EmbeddingBag::from_pretrained, in PyTorch's order.
struct EmbeddingBagFromPretrainedOptions {
  bool freeze = true;
  std::optional<double> max_norm{};
  double norm_type = 2.0;
  bool scale_grad_by_freq = false;
  std::string_view mode = "mean";
  bool sparse = false;
  bool include_last_offset = false;
  std::optional<std::int64_t> padding_idx{};  ///< the row keeps its numbers
};

/// A table whose rows are looked up and reduced bag by bag (torch.nn.EmbeddingBag) without the rows in between: bags of
/// int32 or int64 indices give [bags, embedding_dim]. Drawn from N(0, 1), as PyTorch draws it.
///
/// ValueError for negative sizes, a mode that there is none or a padding_idx outside [-n, n), ShapeError for a
/// `_weight` of another shape, TypeError for one of integers. A lookup throws as F::embedding_bag does and names the
/// module where it is called inside another.
struct EmbeddingBag : Module {
  std::int64_t num_embeddings;
  std::int64_t embedding_dim;
  std::optional<double> max_norm;
  double norm_type;
  bool scale_grad_by_freq;
  std::string mode;
  bool sparse;
  bool include_last_offset;
  std::optional<std::int64_t> padding_idx;  ///< of [0, n)
  Parameter weight;                         ///< [num_embeddings, embedding_dim]

  EmbeddingBag(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingBagOptions& options = {});
  /// A table that shares the memory of `embeddings` [n, d]. ShapeError unless that is a matrix, TypeError for integers.
  static EmbeddingBag from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options = {});

  /// Takes rows out of learning, or lets them learn again: see nn::freeze_rows. Returns *this.
  EmbeddingBag& freeze_rows(const Tensor& rows, bool freeze = true);
  /// Draws the weight anew.
  void reset_parameters();
  /// `offsets` of a one-dimensional input; per_sample_weights of input's shape, with mode "sum".
  Tensor forward(const Tensor& input, const Tensor& offsets = {}, const Tensor& per_sample_weights = {}) const;
  std::string extra_repr() const override;
  TAPER_MODULE(weight)
};

}  // namespace taper::nn
