#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of SparseAdam, in PyTorch's order.
struct SparseAdamOptions {
  double lr = 1e-3;                             ///< above 0
  std::pair<double, double> betas{0.9, 0.999};  ///< both in [0, 1)
  double eps = 1e-8;                            ///< above 0
  bool maximize = false;                        ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct SparseAdamGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<std::pair<double, double>> betas{};
  std::optional<double> eps{};
  std::optional<bool> maximize{};
};

/// Adam for tables with sparse gradients (torch.optim.SparseAdam), to PyTorch's bits: only the rows that the gradient
/// names change, in the table and in both running means, while t counts every step of the parameter:
///
///     m = m + (1 - beta1) * (g - m)
///     v = v + (1 - beta2) * (g * g - v)
///     p = p - lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)
///
/// A dense gradient is a TypeError.
class SparseAdam : public GroupedOptimizer<SparseAdamOptions, SparseAdamGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<SparseAdamOptions, SparseAdamGroup>;

}  // namespace taper::optim
