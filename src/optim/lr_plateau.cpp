#include "taper/optim/lr_plateau.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "optim/scheduler_state.h"

namespace taper::optim::lr_scheduler {
namespace {

constexpr const char* name = "ReduceLROnPlateau";

// Whether `value` is `first`, the other choice being `second`.
bool is_first(const char* what, std::string_view value, std::string_view first, std::string_view second) {
  if (value != first && value != second)
    throw ValueError(fmt::format("{}: {} '{}' is unknown; there are '{}' and '{}'", name, what, value, first, second));
  return value == first;
}

std::vector<double> rates_of(Optimizer& optimizer) {
  std::vector<double> rates;
  for (std::size_t i = 0; i < optimizer.group_count(); ++i) rates.push_back(optimizer.lr(i));
  return rates;
}

}  // namespace

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options)
    : optimizer_(optimizer),
      factor_(options.factor),
      min_lrs_(options.min_lr.of(optimizer.group_count(), name, "min_lr")),
      patience_(options.patience),
      verbose_(options.verbose),
      cooldown_(options.cooldown),
      smaller_is_better_(is_first("mode", options.mode, "min", "max")),
      threshold_(options.threshold),
      relative_(is_first("threshold mode", options.threshold_mode, "rel", "abs")),
      best_(smaller_is_better_ ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity()),
      eps_(options.eps),
      last_lr_(rates_of(optimizer)) {
  if (!(factor_ < 1.0)) throw ValueError(fmt::format("{}: factor {}: Factor should be < 1.0", name, factor_));
}

Optimizer& ReduceLROnPlateau::optimizer() const {
  Optimizer* optimizer = optimizer_.get();
  if (optimizer == nullptr)
    throw StateError(
        fmt::format("{}: its optimizer is gone; an optimizer has to live as long as its schedulers", name));
  return *optimizer;
}

void ReduceLROnPlateau::step(const Tensor& metric) { step(metric.item<double>()); }

void ReduceLROnPlateau::step(double metric) {
  Optimizer& o = optimizer();
  ++last_epoch_;
  if (is_better(metric)) {
    best_ = metric;
    num_bad_epochs_ = 0;
  } else {
    ++num_bad_epochs_;
  }
  if (cooldown_counter_ > 0) {
    --cooldown_counter_;
    num_bad_epochs_ = 0;
  }
  if (num_bad_epochs_ > patience_) {
    reduce();
    cooldown_counter_ = cooldown_;
    num_bad_epochs_ = 0;
  }
  last_lr_ = rates_of(o);
}

bool ReduceLROnPlateau::is_better(double metric) const {
  if (smaller_is_better_) return metric < (relative_ ? best_ * (1.0 - threshold_) : best_ - threshold_);
  return metric > (relative_ ? best_ * (threshold_ + 1.0) : best_ + threshold_);
}

void ReduceLROnPlateau::reduce() {
  Optimizer& o = optimizer();
  for (std::size_t i = 0; i < o.group_count(); ++i) {
    const double before = o.lr(i);
    const double after = std::max(before * factor_, min_lrs_[std::min(i, min_lrs_.size() - 1)]);
    if (!(before - after > eps_)) continue;
    o.lr(i) = after;
    if (verbose_)
      std::printf("Epoch %.5lld: reducing learning rate of group %zu to %.4e.\n", static_cast<long long>(last_epoch_),
                  i, after);
  }
}

void ReduceLROnPlateau::fields(StateFields& state) {
  const auto choice = [&state](const char* key, bool& member, const char* first, const char* second) {
    if (state.writing()) return state.write(key, member ? first : second);
    if (const Value* value = state.find(key))
      state.take(is_first(key, value->as<std::string>(), first, second), member);
  };
  state.require("num_bad_epochs");
  state("factor", factor_);
  state("min_lrs", min_lrs_);
  state("patience", patience_);
  state("verbose", verbose_);
  state("cooldown", cooldown_);
  state("cooldown_counter", cooldown_counter_);
  choice("mode", smaller_is_better_, "min", "max");
  state("threshold", threshold_);
  choice("threshold_mode", relative_, "rel", "abs");
  state("best", best_);
  state("num_bad_epochs", num_bad_epochs_);
  if (state.writing())
    state.write("mode_worse", smaller_is_better_ ? std::numeric_limits<double>::infinity()
                                                 : -std::numeric_limits<double>::infinity());
  state("eps", eps_);
  state("last_epoch", last_epoch_);
  if (!state.writing() || last_epoch_ > 0) state("_last_lr", last_lr_);
}

Dict ReduceLROnPlateau::state_dict() const {
  Dict result;
  StateFields state(name, result);
  const_cast<ReduceLROnPlateau*>(this)->fields(state);  // which writes to `result` alone
  return result;
}

void ReduceLROnPlateau::load_state_dict(const Value& state) {
  for (const bool keep : {false, true}) {
    StateFields values(name, state.dict(), keep);
    fields(values);
  }
}

}  // namespace taper::optim::lr_scheduler
