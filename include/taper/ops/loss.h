#pragma once

#include <cstdint>
#include <string_view>

#include "taper/tensor/tensor.h"

/// Losses (torch.nn.functional). `reduction` is "mean", "sum" or "none" (ValueError otherwise). Shapes that do not fit
/// are a ShapeError, dtypes that do not a TypeError, a class outside its range an IndexError that names it and its
/// position.
namespace taper {

/// Keywords of the losses that have no others.
struct LossOptions {
  std::string_view reduction = "mean";
};

/// Keywords of nll_loss, in PyTorch's order.
struct NllLossOptions {
  Tensor weight{};                   ///< one for each class; undefined for ones
  std::int64_t ignore_index = -100;  ///< targets of this class count for nothing
  std::string_view reduction = "mean";
};

/// Keywords of cross_entropy, in PyTorch's order.
struct CrossEntropyOptions {
  Tensor weight{};
  std::int64_t ignore_index = -100;
  std::string_view reduction = "mean";
  double label_smoothing = 0.0;  ///< of [0, 1]: the share of the target that is spread over all classes
};

/// Keywords of binary_cross_entropy, in PyTorch's order.
struct BinaryCrossEntropyOptions {
  Tensor weight{};  ///< of each element; broadcasts to the target
  std::string_view reduction = "mean";
};

/// Keywords of binary_cross_entropy_with_logits, in PyTorch's order.
struct BinaryCrossEntropyWithLogitsOptions {
  Tensor weight{};
  std::string_view reduction = "mean";
  Tensor pos_weight{};  ///< of positive targets; broadcasts to the target
};

/// Keywords of cosine_embedding_loss, in PyTorch's order.
struct CosineEmbeddingLossOptions {
  double margin = 0.0;
  std::string_view reduction = "mean";
};

/// Keywords of kl_div, in PyTorch's order.
struct KlDivOptions {
  std::string_view reduction = "mean";  ///< also "batchmean": the sum divided by the first size
  bool log_target = false;              ///< whether the target holds logarithms
};

/// (input - target)^2; both broadcast, with a warning, as a column against a row is seldom meant: once for shapes that
/// come again and again.
Tensor mse_loss(const Tensor& input, const Tensor& target, LossOptions options = {});
/// |input - target|; both broadcast, with the same warning.
Tensor l1_loss(const Tensor& input, const Tensor& target, LossOptions options = {});

/// -weight[c] input[c] for the class c that the target names. input holds log-probabilities [N, C, d1...] or [C],
/// target int64 or int32 classes [N, d1...] or 0-d. The mean divides by the sum of the weights.
Tensor nll_loss(const Tensor& input, const Tensor& target, const NllLossOptions& options = {});
/// nll_loss of log_softmax(input). A floating-point target of input's shape holds the probabilities of the classes.
Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyOptions& options = {});

/// -(target log(input) + (1 - target) log(1 - input)), logarithms not below -100. ValueError for an input outside [0,
/// 1].
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BinaryCrossEntropyOptions& options = {});
/// The same of sigmoid(input), without its loss of digits.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsOptions& options = {});

/// input1 . input2 / (|input1| |input2|) along a dimension, each norm at least eps.
Tensor cosine_similarity(const Tensor& input1, const Tensor& input2, std::int64_t dim = 1, double eps = 1e-8);
/// 1 - cos where the target is 1, max(0, cos - margin) where it is -1. Inputs [N, D] with targets [N], or [D] with a
/// 0-d one.
Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             CosineEmbeddingLossOptions options = {});
/// target (log(target) - input), where input holds logarithms; both broadcast.
Tensor kl_div(const Tensor& input, const Tensor& target, KlDivOptions options = {});

}  // namespace taper
