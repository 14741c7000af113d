#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "taper/nn/module.h"

namespace taper::nn {

/// Keywords of Embedding, in PyTorch's order.
struct EmbeddingOptions {
  std::optional<std::int64_t>
      padding_idx{};                 ///< a row that starts as zeros and gets no gradient; negative counts from the end
  std::optional<double> max_norm{};  ///< rows looked up whose norm is larger are first scaled down to it, in place
  double norm_type = 2.0;            ///< the p of that norm
  bool scale_grad_by_freq = false;   ///< divides a row's gradients by how often it is looked up
  bool sparse = false;               ///< gives the weight a row-sparse gradient
  Tensor _weight{};                  ///< the table itself: its memory is shared, and nothing is drawn
  bool _freeze = false;              ///< whether the weight does not learn
  std::string_view device = "cpu";   ///< "cpu"; anything else is a ValueError
  std::optional<DType> dtype{};      ///< float32 or float64; float32 where empty
};

/// Keywords of Embedding::from_pretrained, in PyTorch's order.
struct FromPretrainedOptions {
  bool freeze = true;
  std::optional<std::int64_t> padding_idx{};  ///< the row keeps its numbers
  std::optional<double> max_norm{};
  double norm_type = 2.0;
  bool scale_grad_by_freq = false;
  bool sparse = false;
};

/// A table of vectors that are looked up by number (torch.nn.Embedding): indices of any shape, int32 or int64, give
/// shape + [embedding_dim]. Drawn from N(0, 1), as PyTorch draws it.
///
/// ValueError for negative sizes or a padding_idx outside [-n, n), ShapeError for a `_weight` of another shape,
/// TypeError for one of integers. A lookup throws as F::embedding does and names the module where it is called inside
/// another.
struct Embedding : Module {
  std::int64_t num_embeddings;
  std::int64_t embedding_dim;
  std::optional<std::int64_t> padding_idx;  ///< of [0, n)
  std::optional<double> max_norm;
  double norm_type;
  bool scale_grad_by_freq;
  bool sparse;
  Parameter weight;  ///< [num_embeddings, embedding_dim]

  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingOptions& options = {});
  /// A table that shares the memory of `embeddings` [n, d]. ShapeError unless that is a matrix, TypeError for integers.
  static Embedding from_pretrained(const Tensor& embeddings, const FromPretrainedOptions& options = {});

  /// Takes rows out of learning, or lets them learn again: see nn::freeze_rows. Returns *this.
  Embedding& freeze_rows(const Tensor& rows, bool freeze = true);
  /// Draws the weight anew.
  void reset_parameters();
  Tensor forward(const Tensor& indices) const;
  std::string extra_repr() const override;
  TAPER_MODULE(weight)
};

}  // namespace taper::nn
