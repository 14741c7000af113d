#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of AdamW, in PyTorch's order.
struct AdamWOptions {
  double lr = 1e-3;                             ///< at least 0
  std::pair<double, double> betas{0.9, 0.999};  ///< both in [0, 1)
  double eps = 1e-8;                            ///< at least 0
  double weight_decay = 1e-2;                   ///< at least 0
  bool amsgrad = false;                         ///< divides by the largest second moment so far
  bool maximize = false;                        ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct AdamWGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<std::pair<double, double>> betas{};
  std::optional<double> eps{};
  std::optional<double> weight_decay{};
  std::optional<bool> amsgrad{};
  std::optional<bool> maximize{};
};

/// Adam with weight decay that does not pass through the moments (torch.optim.AdamW), to PyTorch's bits: first
///
///     p = (1 - lr * weight_decay) * p
///
/// then a step of Adam without decay. A sparse gradient is a TypeError.
class AdamW : public GroupedOptimizer<AdamWOptions, AdamWGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<AdamWOptions, AdamWGroup>;

}  // namespace taper::optim
