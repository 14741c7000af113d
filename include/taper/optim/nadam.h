#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of NAdam, in PyTorch's order.
struct NAdamOptions {
  double lr = 2e-3;                             ///< at least 0
  std::pair<double, double> betas{0.9, 0.999};  ///< both in [0, 1)
  double eps = 1e-8;                            ///< at least 0
  double weight_decay = 0;                      ///< at least 0
  double momentum_decay = 4e-3;                 ///< at least 0
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct NAdamGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<std::pair<double, double>> betas{};
  std::optional<double> eps{};
  std::optional<double> weight_decay{};
  std::optional<double> momentum_decay{};
};

/// Adam with Nesterov's momentum (torch.optim.NAdam). At a parameter's t-th step, with m and v as Adam's:
///
///     mu(t) = beta1 * (1 - 0.96^(t * momentum_decay) / 2)
///     product = mu(1) * ... * mu(t)
///     r = sqrt(v / (1 - beta2^t)) + eps
///     p = p - lr * (1 - mu(t)) / (1 - product) * g / r
///     p = p - lr * mu(t + 1) / (1 - product * mu(t) * mu(t + 1)) * m / r
///
/// (PyTorch's documentation has no second mu(t) in the last line, but its numbers do.) A sparse gradient is a
/// TypeError.
class NAdam : public GroupedOptimizer<NAdamOptions, NAdamGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<NAdamOptions, NAdamGroup>;

}  // namespace taper::optim
