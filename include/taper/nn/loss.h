#pragma once

#include <cstdint>
#include <string>

#include "taper/nn/module.h"
#include "taper/ops/loss.h"

/// Losses as modules (torch.nn): what they compute, and what their keywords mean, stands at the functions in
/// `taper/ops/loss.h`. A weight is a buffer, so that it moves and is saved with the module.
namespace taper::nn {

struct MSELoss : Module {
  std::string reduction;
  explicit MSELoss(LossOptions options = {}) : reduction(options.reduction) {}
  Tensor forward(const Tensor& input, const Tensor& target) const;
  TAPER_MODULE()
};

struct L1Loss : Module {
  std::string reduction;
  explicit L1Loss(LossOptions options = {}) : reduction(options.reduction) {}
  Tensor forward(const Tensor& input, const Tensor& target) const;
  TAPER_MODULE()
};

struct NLLLoss : Module {
  Buffer weight;
  std::int64_t ignore_index;
  std::string reduction;
  explicit NLLLoss(const NllLossOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) const;
  TAPER_MODULE(weight)
};

struct CrossEntropyLoss : Module {
  Buffer weight;
  std::int64_t ignore_index;
  std::string reduction;
  double label_smoothing;
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) const;
  TAPER_MODULE(weight)
};

struct BCELoss : Module {
  Buffer weight;
  std::string reduction;
  explicit BCELoss(const BinaryCrossEntropyOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) const;
  TAPER_MODULE(weight)
};

struct BCEWithLogitsLoss : Module {
  Buffer weight;
  std::string reduction;
  Buffer pos_weight;
  explicit BCEWithLogitsLoss(const BinaryCrossEntropyWithLogitsOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) const;
  TAPER_MODULE(weight, pos_weight)
};

struct CosineEmbeddingLoss : Module {
  double margin;
  std::string reduction;
  explicit CosineEmbeddingLoss(CosineEmbeddingLossOptions options = {})
      : margin(options.margin), reduction(options.reduction) {}
  Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target) const;
  TAPER_MODULE()
};

struct KLDivLoss : Module {
  std::string reduction;
  bool log_target;
  explicit KLDivLoss(KlDivOptions options = {}) : reduction(options.reduction), log_target(options.log_target) {}
  Tensor forward(const Tensor& input, const Tensor& target) const;
  TAPER_MODULE()
};

}  // namespace taper::nn
