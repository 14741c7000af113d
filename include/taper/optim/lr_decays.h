#pragma once

#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include "taper/optim/lr_scheduler_base.h"

namespace taper::optim::lr_scheduler {

struct StepLROptions {
  double gamma = 0.1;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// The rate times gamma every `step_size` epochs.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, std::int64_t step_size, StepLROptions options = {});
  template <std::floating_point T>
  StepLR(Optimizer& optimizer, std::int64_t step_size, T gamma)
      : StepLR(optimizer, step_size, StepLROptions{.gamma = gamma}) {}

 private:
  Rates next_rates() const override;
  Rates closed_rates() const override;
  void fields(StateFields& state) override;

  std::int64_t step_size_;
  double gamma_;
};

struct MultiStepLROptions {
  double gamma = 0.1;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// The rate times gamma at each milestone, as often as it is named.
class MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(Optimizer& optimizer, const std::vector<std::int64_t>& milestones, MultiStepLROptions options = {});
  template <std::floating_point T>
  MultiStepLR(Optimizer& optimizer, const std::vector<std::int64_t>& milestones, T gamma)
      : MultiStepLR(optimizer, milestones, MultiStepLROptions{.gamma = gamma}) {}

 private:
  Rates next_rates() const override;
  Rates closed_rates() const override;
  void fields(StateFields& state) override;

  std::vector<std::pair<std::int64_t, std::int64_t>> milestones_;  // epoch and how often
  double gamma_;
};

/// The rate times gamma at every epoch.
class ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(Optimizer& optimizer, double gamma, SchedulerOptions options = {});

 private:
  Rates next_rates() const override;
  Rates closed_rates() const override;
  void fields(StateFields& state) override;

  double gamma_;
};

struct ConstantLROptions {
  double factor = 1.0 / 3;
  std::int64_t total_iters = 5;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// The initial rate times `factor`, of [0, 1], until epoch total_iters.
class ConstantLR : public LRScheduler {
 public:
  explicit ConstantLR(Optimizer& optimizer, ConstantLROptions options = {});

 private:
  Rates next_rates() const override;
  Rates closed_rates() const override;
  void fields(StateFields& state) override;

  double factor_;
  std::int64_t total_iters_;
};

struct LinearLROptions {
  double start_factor = 1.0 / 3;
  double end_factor = 1.0;
  std::int64_t total_iters = 5;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// The initial rate times a factor that goes from start_factor, of (0, 1], to end_factor, of [0, 1], in total_iters
/// epochs.
class LinearLR : public LRScheduler {
 public:
  explicit LinearLR(Optimizer& optimizer, LinearLROptions options = {});

 private:
  Rates next_rates() const override;
  Rates closed_rates() const override;
  void fields(StateFields& state) override;

  double start_factor_;
  double end_factor_;
  std::int64_t total_iters_;
};

struct PolynomialLROptions {
  std::int64_t total_iters = 5;
  double power = 1.0;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// The initial rate times (1 - epoch / total_iters)^power.
class PolynomialLR : public LRScheduler {
 public:
  explicit PolynomialLR(Optimizer& optimizer, PolynomialLROptions options = {});

 private:
  Rates next_rates() const override;
  Rates closed_rates() const override;
  void fields(StateFields& state) override;

  std::int64_t total_iters_;
  double power_;
};

/// One function for each group: LambdaLR(optimizer, each_group(f, g)).
template <class... F>
std::vector<LrLambda> each_group(F... functions) {
  std::vector<LrLambda> result;
  (result.push_back(LrLambda(std::move(functions))), ...);
  return result;
}

/// The initial rate times lr_lambda(epoch). ValueError unless there is one function, or one for each group. Functions
/// are no part of state_dict().
class LambdaLR : public LRScheduler {
 public:
  LambdaLR(Optimizer& optimizer, LrLambda lr_lambda, SchedulerOptions options = {});
  LambdaLR(Optimizer& optimizer, std::vector<LrLambda> lr_lambda, SchedulerOptions options = {});

 private:
  Rates next_rates() const override;
  void fields(StateFields& state) override;

  std::vector<LrLambda> lr_lambdas_;  // one, or one for each group
};

/// The rate times lr_lambda(epoch), from epoch 1 on; functions as those of LambdaLR.
class MultiplicativeLR : public LRScheduler {
 public:
  MultiplicativeLR(Optimizer& optimizer, LrLambda lr_lambda, SchedulerOptions options = {});
  MultiplicativeLR(Optimizer& optimizer, std::vector<LrLambda> lr_lambda, SchedulerOptions options = {});

 private:
  Rates next_rates() const override;
  void fields(StateFields& state) override;

  std::vector<LrLambda> lr_lambdas_;
};

}  // namespace taper::optim::lr_scheduler
