#pragma once

#include <optional>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of Adadelta, in PyTorch's order.
struct AdadeltaOptions {
  double lr = 1.0;          ///< at least 0
  double rho = 0.9;         ///< in [0, 1]
  double eps = 1e-6;        ///< at least 0
  double weight_decay = 0;  ///< at least 0
  bool maximize = false;    ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct AdadeltaGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<double> rho{};
  std::optional<double> eps{};
  std::optional<double> weight_decay{};
  std::optional<bool> maximize{};
};

/// Adadelta (torch.optim.Adadelta):
///
///     g = grad + weight_decay * p
///     v = rho * v + (1 - rho) * g * g
///     u = sqrt(d + eps) / sqrt(v + eps) * g
///     d = rho * d + (1 - rho) * u * u
///     p = p - lr * u
///
/// A sparse gradient is a TypeError.
class Adadelta : public GroupedOptimizer<AdadeltaOptions, AdadeltaGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<AdadeltaOptions, AdadeltaGroup>;

}  // namespace taper::optim
