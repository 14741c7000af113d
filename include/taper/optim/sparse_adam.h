#pragma once

#include <concepts>
#include <optional>
#include <string>
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

/// A group of a SparseAdam.
struct SparseAdamParamGroup : ParamGroup, SparseAdamOptions {};

/// Adam for tables with sparse gradients (torch.optim.SparseAdam), to PyTorch's bits: only the rows that the gradient
/// names change, in the table and in both running means, while t counts every step of the parameter:
///
///     m = m + (1 - beta1) * (g - m)
///     v = v + (1 - beta2) * (g * g - v)
///     p = p - lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)
///
/// A dense gradient is a TypeError.
class SparseAdam : public GroupedOptimizer<SparseAdamParamGroup> {
 public:
  explicit SparseAdam(const std::vector<Tensor>& params, const SparseAdamOptions& options = {});
  explicit SparseAdam(const std::vector<SparseAdamGroup>& groups, const SparseAdamOptions& options = {});
  template <std::derived_from<Tensor> T>
  SparseAdam(const T& param, const SparseAdamOptions& options) : SparseAdam(std::vector<Tensor>{param}, options) {}

  /// ValueError as for the constructors; the optimizer is then as before.
  void add_param_group(const SparseAdamGroup& group);

 private:
  std::vector<Option> group_options(std::size_t group) const override;
  void check_options(std::size_t group) const override;
  void check_gradient(const Tensor& grad, const std::string& what) const override;
  void update(std::size_t group, State& state, const Tensor& grad) override;

  SparseAdamOptions defaults_;
};

}  // namespace taper::optim
