#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of Adamax, in PyTorch's order.
struct AdamaxOptions {
  double lr = 2e-3;                             ///< at least 0
  std::pair<double, double> betas{0.9, 0.999};  ///< both in [0, 1)
  double eps = 1e-8;                            ///< at least 0
  double weight_decay = 0;                      ///< at least 0
  bool maximize = false;                        ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct AdamaxGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<std::pair<double, double>> betas{};
  std::optional<double> eps{};
  std::optional<double> weight_decay{};
  std::optional<bool> maximize{};
};

/// Adam with the infinity norm (torch.optim.Adamax). At a parameter's t-th step:
///
///     g = grad + weight_decay * p
///     m = beta1 * m + (1 - beta1) * g
///     u = max(beta2 * u, |g| + eps)
///     p = p - lr / (1 - beta1^t) * m / u
///
/// A sparse gradient is a TypeError.
class Adamax : public GroupedOptimizer<AdamaxOptions, AdamaxGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<AdamaxOptions, AdamaxGroup>;

}  // namespace taper::optim
