#include "taper/nn/loss.h"

namespace taper::nn {
namespace {

Buffer optional_buffer(const Tensor& tensor) { return tensor.defined() ? Buffer(tensor) : Buffer(); }

}  // namespace

Tensor MSELoss::forward(const Tensor& input, const Tensor& target) const {
  return mse_loss(input, target, {.reduction = reduction});
}

Tensor L1Loss::forward(const Tensor& input, const Tensor& target) const {
  return l1_loss(input, target, {.reduction = reduction});
}

NLLLoss::NLLLoss(const NllLossOptions& options)
    : weight(optional_buffer(options.weight)), ignore_index(options.ignore_index), reduction(options.reduction) {}
Tensor NLLLoss::forward(const Tensor& input, const Tensor& target) const {
  return nll_loss(input, target, {.weight = weight, .ignore_index = ignore_index, .reduction = reduction});
}

CrossEntropyLoss::CrossEntropyLoss(const CrossEntropyOptions& options)
    : weight(optional_buffer(options.weight)),
      ignore_index(options.ignore_index),
      reduction(options.reduction),
      label_smoothing(options.label_smoothing) {}
Tensor CrossEntropyLoss::forward(const Tensor& input, const Tensor& target) const {
  return cross_entropy(
      input, target,
      {.weight = weight, .ignore_index = ignore_index, .reduction = reduction, .label_smoothing = label_smoothing});
}

BCELoss::BCELoss(const BinaryCrossEntropyOptions& options)
    : weight(optional_buffer(options.weight)), reduction(options.reduction) {}
Tensor BCELoss::forward(const Tensor& input, const Tensor& target) const {
  return binary_cross_entropy(input, target, {.weight = weight, .reduction = reduction});
}

BCEWithLogitsLoss::BCEWithLogitsLoss(const BinaryCrossEntropyWithLogitsOptions& options)
    : weight(optional_buffer(options.weight)),
      reduction(options.reduction),
      pos_weight(optional_buffer(options.pos_weight)) {}
Tensor BCEWithLogitsLoss::forward(const Tensor& input, const Tensor& target) const {
  return binary_cross_entropy_with_logits(input, target,
                                          {.weight = weight, .reduction = reduction, .pos_weight = pos_weight});
}

Tensor CosineEmbeddingLoss::forward(const Tensor& input1, const Tensor& input2, const Tensor& target) const {
  return cosine_embedding_loss(input1, input2, target, {.margin = margin, .reduction = reduction});
}

Tensor KLDivLoss::forward(const Tensor& input, const Tensor& target) const {
  return kl_div(input, target, {.reduction = reduction, .log_target = log_target});
}

}  // namespace taper::nn
