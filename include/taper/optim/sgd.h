#pragma once

#include <optional>
#include <vector>

#include "taper/optim/optimizer.h"

namespace taper::optim {

/// Keywords of SGD, in PyTorch's order. `lr` has to be given, here or in every group.
struct SGDOptions {
  double lr = __builtin_nan("");  ///< at least 0
  double momentum = 0;            ///< at least 0
  double dampening = 0;
  double weight_decay = 0;  ///< at least 0
  bool nesterov = false;    ///< needs momentum above 0 and dampening 0
  bool maximize = false;    ///< goes up the gradient instead of down
};

/// A group as it is handed over: what it does not say is taken from the optimizer's own options.
struct SGDGroup {
  std::vector<Tensor> params{};
  std::optional<double> lr{};
  std::optional<double> momentum{};
  std::optional<double> dampening{};
  std::optional<double> weight_decay{};
  std::optional<bool> nesterov{};
  std::optional<bool> maximize{};
};

/// Stochastic gradient descent (torch.optim.SGD), to PyTorch's bits:
///
///     g = grad + weight_decay * p
///     buffer = momentum * buffer + (1 - dampening) * g          (at the first step g)
///     p = p - lr * (nesterov ? g + momentum * buffer : momentum ? buffer : g)
///
/// A sparse gradient touches only the rows that it names, entry by entry in their order; with momentum also those that
/// earlier ones have named. With weight decay it does what the dense gradient would have done.
class SGD : public GroupedOptimizer<SGDOptions, SGDGroup> {
 public:
  using GroupedOptimizer::GroupedOptimizer;
};

extern template class GroupedOptimizer<SGDOptions, SGDGroup>;

}  // namespace taper::optim
