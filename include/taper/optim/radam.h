#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of RAdam, in PyTorch's order.
struct RAdamOptions {
  double lr = 1e-3;                             ///< at least 0
  std::pair<double, double> betas{0.9, 0.999};  ///< both in [0, 1)
  double eps = 1e-8;                            ///< at least 0
  double weight_decay = 0;                      ///< at least 0
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct RAdamGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<std::pair<double, double>> betas{};
  std::optional<double> eps{};
  std::optional<double> weight_decay{};
};

/// Rectified Adam (torch.optim.RAdam). At a parameter's t-th step, with m and v as Adam's:
///
///     longest = 2 / (1 - beta2) - 1
///     length = longest - 2 * t * beta2^t / (1 - beta2^t)
///     p = p - lr * m / (1 - beta1^t)                            (where length is at most 5)
///     p = p - lr * m / (1 - beta1^t) * r * sqrt(1 - beta2^t) / (sqrt(v) + eps)
///     r = sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
///
/// A sparse gradient is a TypeError.
class RAdam : public GroupedOptimizer<RAdamOptions, RAdamGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<RAdamOptions, RAdamGroup>;

}  // namespace taper::optim
