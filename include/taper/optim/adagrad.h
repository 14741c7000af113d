#pragma once

#include <optional>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of Adagrad, in PyTorch's order.
struct AdagradOptions {
  double lr = 1e-2;                      ///< at least 0
  double lr_decay = 0;                   ///< at least 0
  double weight_decay = 0;               ///< at least 0
  double initial_accumulator_value = 0;  ///< at least 0; where sums start
  double eps = 1e-10;                    ///< at least 0
  bool maximize = false;                 ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct AdagradGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<double> lr_decay{};
  std::optional<double> weight_decay{};
  std::optional<double> initial_accumulator_value{};
  std::optional<double> eps{};
  std::optional<bool> maximize{};
};

/// Adagrad (torch.optim.Adagrad), to PyTorch's bits. At a parameter's t-th step:
///
///     g = grad + weight_decay * p
///     sum = sum + g * g
///     p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(sum) + eps)
///
/// A sparse gradient, its duplicates summed, changes only the rows that it names; with weight decay it is a TypeError.
class Adagrad : public GroupedOptimizer<AdagradOptions, AdagradGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<AdagradOptions, AdagradGroup>;

}  // namespace taper::optim
