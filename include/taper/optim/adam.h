#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of Adam, in PyTorch's order.
struct AdamOptions {
  double lr = 1e-3;                             ///< at least 0
  std::pair<double, double> betas{0.9, 0.999};  ///< both in [0, 1)
  double eps = 1e-8;                            ///< at least 0
  double weight_decay = 0;                      ///< at least 0
  bool amsgrad = false;                         ///< divides by the largest second moment so far
  bool maximize = false;                        ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct AdamGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<std::pair<double, double>> betas{};
  std::optional<double> eps{};
  std::optional<double> weight_decay{};
  std::optional<bool> amsgrad{};
  std::optional<bool> maximize{};
};

/// Adam (torch.optim.Adam), to PyTorch's bits. At a parameter's t-th step:
///
///     g = grad + weight_decay * p
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g * g
///     p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
///
/// A sparse gradient does what the dense one would have done, to every row of the table. Where a step touches few rows
/// of a table, only those that have been touched lately cost time: the others rest until their moments are needed. A
/// pointer that data() gave to such a table's numbers ends at step(): what is written through it later may be missed.
class Adam : public GroupedOptimizer<AdamOptions, AdamGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<AdamOptions, AdamGroup>;

}  // namespace taper::optim
