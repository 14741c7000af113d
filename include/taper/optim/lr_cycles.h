#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "taper/optim/lr_scheduler_base.h"

namespace taper::optim::lr_scheduler {

struct CosineAnnealingLROptions {
  double eta_min = 0.0;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// From the initial rate to eta_min and back along a cosine, T_max epochs each way.
class CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max, CosineAnnealingLROptions options = {});
  template <std::floating_point T>
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max, T eta_min)
      : CosineAnnealingLR(optimizer, T_max, CosineAnnealingLROptions{.eta_min = eta_min}) {}

 private:
  Rates next_rates() const override;
  Rates closed_rates() const override;
  void fields(StateFields& state) override;

  std::int64_t t_max_;
  double eta_min_;
};

struct CosineAnnealingWarmRestartsOptions {
  std::int64_t T_mult = 1;
  double eta_min = 0.0;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// From the initial rate to eta_min along a cosine in T_0 epochs, then anew in T_mult times as many.
class CosineAnnealingWarmRestarts : public LRScheduler {
 public:
  CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t T_0, CosineAnnealingWarmRestartsOptions options = {});

  void step() override;
  void step(std::int64_t epoch) override { step(static_cast<double>(epoch)); }
  void step(int epoch) { step(static_cast<double>(epoch)); }
  /// Parts of an epoch count, too.
  void step(double epoch);

 private:
  Rates next_rates() const override;
  void fields(StateFields& state) override;
  void restart_at(double epoch, double t_cur, double t_i);

  std::int64_t t_0_;
  double t_i_;
  std::int64_t t_mult_;
  double eta_min_;
  double t_cur_;
};

struct OneCycleLROptions {
  std::optional<std::int64_t> total_steps{};  ///< or epochs times steps_per_epoch
  std::optional<std::int64_t> epochs{};
  std::optional<std::int64_t> steps_per_epoch{};
  double pct_start = 0.3;                    ///< the part of the steps in which the rate rises, of [0, 1]
  std::string_view anneal_strategy = "cos";  ///< or "linear"
  bool cycle_momentum = true;                ///< moves momentum, or the first of betas, the other way
  PerGroup base_momentum = 0.85;
  PerGroup max_momentum = 0.95;
  double div_factor = 25.0;       ///< the first rate is max_lr / div_factor
  double final_div_factor = 1e4;  ///< the last one is the first / final_div_factor
  bool three_phase = false;       ///< falls to the first rate as it rose, then to the last
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// Up to max_lr and down again within total_steps; a step beyond them is a ValueError. So is cycle_momentum for an
/// optimizer that has neither momentum nor betas. Its state is PyTorch 2's, which names the strategy; that of 1.13,
/// which holds a method of the scheduler instead (load_value reads it as the method's name), is taken over as well, and
/// 1.13 goes on from ours with the strategy that its scheduler was made with.
class OneCycleLR : public LRScheduler {
 public:
  OneCycleLR(Optimizer& optimizer, const PerGroup& max_lr, OneCycleLROptions options = {});

 private:
  enum class Point { initial, max, min };
  struct Phase {
    double end_step;
    Point from;
    Point to;
  };
  Rates next_rates() const override;
  void fields(StateFields& state) override;
  double anneal(double start, double end, double part) const;
  Value phases_as_value() const;
  static std::vector<Phase> phases_from(const Value& value);

  std::int64_t total_steps_ = 0;
  std::vector<Phase> phases_;
  bool cosine_;
  bool cycle_momentum_;
  std::vector<double> initial_lrs_, max_lrs_, min_lrs_, base_momentums_, max_momentums_;
};

struct CyclicLROptions {
  std::int64_t step_size_up = 2000;
  std::optional<std::int64_t> step_size_down{};  ///< step_size_up where empty
  std::string_view mode = "triangular";          ///< "triangular2" halves each cycle, "exp_range" takes gamma^steps
  double gamma = 1.0;
  LrLambda scale_fn{};                    ///< what to scale a cycle by, in place of mode's
  std::string_view scale_mode = "cycle";  ///< scale_fn is given the cycle, or with "iterations" the step
  bool cycle_momentum = true;
  PerGroup base_momentum = 0.8;
  PerGroup max_momentum = 0.9;
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// Up from base_lr to max_lr and down again, over and over. ValueError for cycle_momentum and an optimizer that has
/// neither momentum nor betas.
class CyclicLR : public LRScheduler {
 public:
  CyclicLR(Optimizer& optimizer, const PerGroup& base_lr, const PerGroup& max_lr, CyclicLROptions options = {});

 private:
  enum class Mode { triangular, triangular2, exp_range };
  Rates next_rates() const override;
  void fields(StateFields& state) override;
  double scale(double x) const;

  std::vector<double> max_lrs_;
  double total_size_;
  double step_ratio_;
  Mode mode_;
  double gamma_;
  LrLambda scale_fn_;
  bool by_cycle_;
  bool cycle_momentum_;
  std::vector<double> base_momentums_, max_momentums_;
};

}  // namespace taper::optim::lr_scheduler
