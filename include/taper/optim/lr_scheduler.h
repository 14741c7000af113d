#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "taper/base/callable.h"
#include "taper/optim/optimizer.h"
#include "taper/tensor/value.h"

/// Schedules of learning rates (torch.optim.lr_scheduler), with PyTorch's arithmetic in double: the same rates to the
/// bit. A scheduler sets the rates of an optimizer's groups when it is made (epoch 0) and at each step():
///
///     optim::SGD optimizer(model.parameters(), {.lr = 0.1});
///     optim::lr_scheduler::StepLR scheduler(optimizer, 30, {.gamma = 0.1});
///     for (int epoch = 0; epoch < 100; ++epoch) {
///       train(model, optimizer);
///       scheduler.step();
///     }
///
/// The optimizer may be moved. Where it goes first, the scheduler's steps are a StateError. `last_epoch` other than -1
/// resumes: the groups must have their initial_lr, as a loaded optimizer has (StateError). `verbose` prints each rate
/// to standard output. ValueError for arguments outside their range and for a step whose rate would not be finite,
/// which changes nothing.
namespace taper::optim::lr_scheduler {

/// One number for all groups of an optimizer, or one for each.
class PerGroup {
 public:
  PerGroup(double value) : values_{value} {}
  PerGroup(std::initializer_list<double> values) : values_(values), each_(true) {}
  PerGroup(std::vector<double> values) : values_(std::move(values)), each_(true) {}
  /// ValueError naming `scheduler` and `what` unless there are as many as groups.
  std::vector<double> of(std::size_t groups, const char* scheduler, const char* what) const;

 private:
  std::vector<double> values_;
  bool each_ = false;
};

/// Writes a scheduler's members into a Dict, or reads them from one.
class StateFields;

/// What all schedulers but ReduceLROnPlateau share (torch.optim.lr_scheduler.LRScheduler).
class LRScheduler {
 public:
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;
  virtual ~LRScheduler();

  /// Goes on to the next epoch. The first call before the optimizer's first step warns, as in PyTorch.
  virtual void step();
  /// Goes to that epoch: by the closed formula where the schedule has one, else from the rates as they are.
  virtual void step(std::int64_t epoch);
  /// The rates of the groups as the last step set them.
  const std::vector<double>& get_last_lr() const { return last_lr_; }
  std::int64_t last_epoch() const { return last_epoch_; }
  /// All but the optimizer and functions, under PyTorch's names. (MultiStepLR's milestones are a dict of counts, which
  /// PyTorch takes in place of its Counter for all but steps to a given epoch.)
  Dict state_dict() const;
  /// Takes over a state_dict(), PyTorch's too; the optimizer's rates stay (its own state has them). StateError for what
  /// belongs to another scheduler, TypeError for a value of another kind; nothing changes then.
  void load_state_dict(const Value& state);
  /// The optimizer whose rates it sets; StateError where that is gone.
  Optimizer& optimizer() const;

 protected:
  /// Rates of the groups and, where they are scheduled, momenta.
  struct Rates {
    std::vector<double> lr;
    std::vector<double> momentum{};
  };

  LRScheduler(const char* name, Optimizer& optimizer) : name_(name), optimizer_(optimizer) {}
  const char* name() const { return name_; }
  /// What every constructor ends with: takes the initial rates and goes to the first epoch.
  void start(std::int64_t last_epoch, bool verbose);
  /// Sets the epoch and its rates, by the closed formula where asked for; nothing has changed where that throws.
  void move_to(std::int64_t epoch, bool closed = false);

  /// The rates of the groups now, times `factor`.
  Rates scaled(double factor) const;
  /// f(base rate) of each group.
  template <class F>
  Rates from_base(F f) const {
    Rates rates;
    for (const double base : base_lrs_) rates.lr.push_back(f(base));
    return rates;
  }

  /// Names the members that are its state.
  virtual void fields(StateFields& state);

  std::vector<double> base_lrs_;
  std::int64_t last_epoch_ = -1;
  bool verbose_ = false;
  std::int64_t step_count_ = 0;
  std::vector<double> last_lr_;

 private:
  friend class SequentialLR;
  friend class ChainedScheduler;

  /// The rates of epoch last_epoch_, from those of the epoch before, and by the closed formula.
  virtual Rates next_rates() const = 0;
  virtual Rates closed_rates() const { return next_rates(); }
  void first_step();
  void warn_of_order() const;
  void tell(std::size_t group, double lr, bool closed) const;
  void read(const Dict& state, bool keep);

  const char* name_;
  OptimizerLink optimizer_;
  std::int64_t steps_before_ = 0;  // the optimizer's, when the first step was made
};

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

struct SchedulerOptions {
  std::int64_t last_epoch = -1;
  bool verbose = false;
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

/// A factor for an epoch.
using LrLambda = Callable<double(std::int64_t)>;

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
/// optimizer that has neither momentum nor betas. Its state is that of PyTorch 2: version 1.13 saves a function with
/// it, and load_value refuses the file.
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

struct ReduceLROnPlateauOptions {
  std::string_view mode = "min";  ///< or "max"
  double factor = 0.1;            ///< below 1
  std::int64_t patience = 10;
  double threshold = 1e-4;
  std::string_view threshold_mode = "rel";  ///< or "abs"
  std::int64_t cooldown = 0;
  PerGroup min_lr = 0.0;
  double eps = 1e-8;  ///< a smaller change of the rate is left out
  bool verbose = false;
};

/// The rate times `factor` when a metric has not got better for more than `patience` epochs.
class ReduceLROnPlateau {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options = {});
  ReduceLROnPlateau(const ReduceLROnPlateau&) = delete;
  ReduceLROnPlateau& operator=(const ReduceLROnPlateau&) = delete;

  void step(double metric);
  /// Of a tensor with one element, as a loss is.
  void step(const Tensor& metric);
  const std::vector<double>& get_last_lr() const { return last_lr_; }
  std::int64_t last_epoch() const { return last_epoch_; }
  Dict state_dict() const;
  /// As LRScheduler's.
  void load_state_dict(const Value& state);
  Optimizer& optimizer() const;

 private:
  void fields(StateFields& state);
  bool is_better(double metric) const;
  void reduce();

  OptimizerLink optimizer_;
  double factor_;
  std::vector<double> min_lrs_;
  std::int64_t patience_;
  bool verbose_;
  std::int64_t cooldown_;
  std::int64_t cooldown_counter_ = 0;
  bool smaller_is_better_;
  double threshold_;
  bool relative_;
  double best_;
  std::int64_t num_bad_epochs_ = 0;
  double eps_;
  std::int64_t last_epoch_ = 0;
  std::vector<double> last_lr_;
};

/// One scheduler after the other: the k-th from milestone k - 1 on, from its own epoch 0. The schedulers are not owned:
/// they have to live as long. ValueError unless all have this optimizer and there is one milestone less than
/// schedulers.
class SequentialLR : public LRScheduler {
 public:
  SequentialLR(Optimizer& optimizer, std::vector<LRScheduler*> schedulers, std::vector<std::int64_t> milestones,
               SchedulerOptions options = {});

  void step() override;
  /// A StateError: only step() goes through a sequence.
  void step(std::int64_t epoch) override;

 private:
  Rates next_rates() const override;
  void fields(StateFields& state) override;

  std::vector<LRScheduler*> schedulers_;
  std::vector<std::int64_t> milestones_;
};

/// All schedulers at each step, one after the other. They are not owned: they have to live as long. ValueError for
/// none, and unless all have one optimizer.
class ChainedScheduler : public LRScheduler {
 public:
  explicit ChainedScheduler(std::vector<LRScheduler*> schedulers);

  void step() override;
  /// A StateError: only step() goes through a chain.
  void step(std::int64_t epoch) override;

 private:
  Rates next_rates() const override;
  void fields(StateFields& state) override;

  std::vector<LRScheduler*> schedulers_;
};

}  // namespace taper::optim::lr_scheduler
