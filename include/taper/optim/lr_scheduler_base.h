#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "taper/base/callable.h"
#include "taper/optim/optimizer.h"
#include "taper/tensor/value.h"

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
  /// All but the optimizer and functions, under PyTorch's names.
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

struct SchedulerOptions {
  std::int64_t last_epoch = -1;
  bool verbose = false;
};

/// A factor for an epoch.
using LrLambda = Callable<double(std::int64_t)>;

}  // namespace taper::optim::lr_scheduler
