#include "taper/optim/lr_scheduler_base.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "optim/scheduler_state.h"
#include "taper/base/warning.h"

namespace taper::optim::lr_scheduler {

std::vector<double> PerGroup::of(std::size_t groups, const char* scheduler, const char* what) const {
  if (!each_) return std::vector<double>(groups, values_[0]);
  if (values_.size() != groups)
    throw ValueError(fmt::format("{}: expected {} values for {}, got {}", scheduler, groups, what, values_.size()));
  return values_;
}

LRScheduler::~LRScheduler() = default;

Optimizer& LRScheduler::optimizer() const {
  Optimizer* optimizer = optimizer_.get();
  if (optimizer == nullptr)
    throw StateError(
        fmt::format("{}: its optimizer is gone; an optimizer has to live as long as its schedulers", name_));
  return *optimizer;
}

void LRScheduler::start(std::int64_t last_epoch, bool verbose) {
  Optimizer& o = optimizer();
  for (std::size_t i = 0; i < o.group_count() && last_epoch != -1; ++i)
    if (!o.group(i).initial_lr)
      throw StateError(
          fmt::format("{}: group {} has no initial_lr, which resuming after epoch {} needs; load the "
                      "optimizer's state first",
                      name_, i, last_epoch));
  base_lrs_.clear();
  for (std::size_t i = 0; i < o.group_count(); ++i) {
    if (!o.group(i).initial_lr) o.group(i).initial_lr = o.lr(i);
    base_lrs_.push_back(*o.group(i).initial_lr);
  }
  last_epoch_ = last_epoch;
  verbose_ = verbose;
  first_step();
}

void LRScheduler::first_step() {
  steps_before_ = optimizer().step_count();
  step_count_ = 0;
  step();
}

void LRScheduler::warn_of_order() const {
  if (step_count_ == 1 && optimizer().step_count() <= steps_before_)
    warn(
        fmt::format("{}: Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first learning rate of "
                    "the schedule is skipped; call optimizer.step() first",
                    name_));
}

void LRScheduler::step() {
  warn_of_order();
  move_to(last_epoch_ + 1);
}

void LRScheduler::step(std::int64_t epoch) {
  warn_of_order();
  move_to(epoch, true);
}

void LRScheduler::move_to(std::int64_t epoch, bool closed) {
  Optimizer& o = optimizer();
  const std::int64_t before = last_epoch_;
  last_epoch_ = epoch;
  ++step_count_;
  Rates rates;
  try {
    rates = closed ? closed_rates() : next_rates();
    for (std::size_t i = 0; i < rates.lr.size(); ++i)
      if (!std::isfinite(rates.lr[i]))
        throw ValueError(fmt::format("{}: the rate of group {} would be {} at epoch {}", name_, i, rates.lr[i], epoch));
  } catch (...) {
    last_epoch_ = before;
    --step_count_;
    throw;
  }
  const std::size_t groups = o.group_count();
  for (std::size_t i = 0; i < std::min(groups, rates.momentum.size()); ++i) *o.momentum(i) = rates.momentum[i];
  for (std::size_t i = 0; i < std::min(groups, rates.lr.size()); ++i) {
    o.lr(i) = rates.lr[i];
    if (verbose_) tell(i, rates.lr[i], closed);
  }
  last_lr_ = scaled(1.0).lr;
}

void LRScheduler::tell(std::size_t group, double lr, bool closed) const {
  if (closed) {
    std::printf("Epoch %.5lld: adjusting learning rate of group %zu to %.4e.\n", static_cast<long long>(last_epoch_),
                group, lr);
  } else {
    std::printf("Adjusting learning rate of group %zu to %.4e.\n", group, lr);
  }
}

LRScheduler::Rates LRScheduler::scaled(double factor) const {
  Optimizer& o = optimizer();
  Rates rates;
  for (std::size_t i = 0; i < o.group_count(); ++i) rates.lr.push_back(o.lr(i) * factor);
  return rates;
}

void LRScheduler::fields(StateFields& state) {
  state.require("last_epoch");
  state("base_lrs", base_lrs_);
  state("last_epoch", last_epoch_);
  state("verbose", verbose_);
  state("_step_count", step_count_);
  if (state.writing()) state.write("_get_lr_called_within_step", false);
  state("_last_lr", last_lr_);
}

Dict LRScheduler::state_dict() const {
  Dict result;
  StateFields state(name_, result);
  const_cast<LRScheduler*>(this)->fields(state);  // which writes to `result` alone
  return result;
}

void LRScheduler::load_state_dict(const Value& state) {
  read(state.dict(), false);
  read(state.dict(), true);
}

void LRScheduler::read(const Dict& state, bool keep) {
  StateFields values(name_, state, keep);
  fields(values);
}

}  // namespace taper::optim::lr_scheduler
