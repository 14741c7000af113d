#pragma once

#include <optional>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of RMSprop, in PyTorch's order.
struct RMSpropOptions {
  double lr = 1e-2;         ///< at least 0
  double alpha = 0.99;      ///< at least 0
  double eps = 1e-8;        ///< at least 0
  double weight_decay = 0;  ///< at least 0
  double momentum = 0;      ///< at least 0
  bool centered = false;    ///< divides by the deviation from the mean gradient
  bool maximize = false;    ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct RMSpropGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<double> alpha{};
  std::optional<double> eps{};
  std::optional<double> weight_decay{};
  std::optional<double> momentum{};
  std::optional<bool> centered{};
  std::optional<bool> maximize{};
};

/// RMSprop (torch.optim.RMSprop), to PyTorch's bits:
///
///     g = grad + weight_decay * p
///     v = alpha * v + (1 - alpha) * g * g
///     mean = alpha * mean + (1 - alpha) * g                     (where centered)
///     u = g / (sqrt(v - mean * mean) + eps)                     (or without the mean)
///     buffer = momentum * buffer + u                            (where momentum is above 0)
///     p = p - lr * (momentum ? buffer : u)
///
/// A sparse gradient is a TypeError.
class RMSprop : public GroupedOptimizer<RMSpropOptions, RMSpropGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<RMSpropOptions, RMSpropGroup>;

}  // namespace taper::optim
