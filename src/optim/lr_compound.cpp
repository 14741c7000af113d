// The schedules that are made of others.
#include "taper/optim/lr_compound.h"

#include <algorithm>

#include "optim/scheduler_state.h"

namespace taper::optim::lr_scheduler {
namespace {

Optimizer& common_optimizer(const char* name, const std::vector<LRScheduler*>& schedulers, Optimizer* optimizer) {
  if (schedulers.empty()) throw ValueError(fmt::format("{}: no scheduler; at least one is needed", name));
  for (std::size_t i = 0; i < schedulers.size(); ++i) {
    if (schedulers[i] == nullptr) throw ValueError(fmt::format("{}: scheduler {} is null", name, i));
    if (optimizer == nullptr) optimizer = &schedulers[i]->optimizer();
    if (&schedulers[i]->optimizer() != optimizer)
      throw ValueError(fmt::format(
          "{}: expects all schedulers to belong to the same optimizer; that at index {} does not", name, i));
  }
  return *optimizer;
}

void check_count(const char* name, std::size_t found, std::size_t schedulers) {
  if (found != schedulers)
    throw StateError(fmt::format("{}: the state has {} schedulers; this one has {}", name, found, schedulers));
}

}  // namespace

SequentialLR::SequentialLR(Optimizer& optimizer, std::vector<LRScheduler*> schedulers,
                           std::vector<std::int64_t> milestones, SchedulerOptions options)
    : LRScheduler("SequentialLR", common_optimizer("SequentialLR", schedulers, &optimizer)),
      schedulers_(std::move(schedulers)),
      milestones_(std::move(milestones)) {
  if (milestones_.size() + 1 != schedulers_.size())
    throw ValueError(fmt::format(
        "SequentialLR: expects number of schedulers provided to be one more than the number of milestone points, but "
        "got number of schedulers {} and the number of milestones to be equal to {}",
        schedulers_.size(), milestones_.size()));
  if (!std::is_sorted(milestones_.begin(), milestones_.end()))
    throw ValueError("SequentialLR: milestones fall; each must be at least the one before");
  last_epoch_ = options.last_epoch + 1;
  for (std::size_t i = 0; i < optimizer.group_count(); ++i)
    optimizer.lr(i) = optimizer.group(i).initial_lr.value_or(optimizer.lr(i));
  // Each has made its first step already, when it was made; that is taken back, and the first makes it again.
  for (LRScheduler* scheduler : schedulers_) --scheduler->last_epoch_;
  schedulers_[0]->first_step();
  last_lr_ = schedulers_[0]->last_lr_;
}

void SequentialLR::step() {
  const std::int64_t epoch = last_epoch_ + 1;
  const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), epoch) - milestones_.begin();
  LRScheduler& scheduler = *schedulers_[static_cast<std::size_t>(passed)];
  if (passed > 0 && milestones_[static_cast<std::size_t>(passed - 1)] == epoch) {
    scheduler.step(std::int64_t{0});
  } else {
    scheduler.step();
  }
  last_epoch_ = epoch;
  last_lr_ = scheduler.last_lr_;
}

void SequentialLR::step(std::int64_t) {
  throw StateError("SequentialLR: step takes no epoch; a sequence goes on by step() alone");
}

LRScheduler::Rates SequentialLR::next_rates() const { return {}; }

void SequentialLR::fields(StateFields& state) {
  state.require("_schedulers");
  if (state.writing()) {
    state.write("_milestones", List(milestones_.begin(), milestones_.end()));
  } else if (const Value* value = state.find("_milestones")) {
    std::vector<std::int64_t> milestones;
    for (const Value& milestone : *value) milestones.push_back(milestone.as<std::int64_t>());
    check_count(name(), milestones.size() + 1, schedulers_.size());
    state.take(std::move(milestones), milestones_);
  }
  state("last_epoch", last_epoch_);
  state("_last_lr", last_lr_);
  if (state.writing()) {
    List states;
    for (const LRScheduler* scheduler : schedulers_) states.push_back(scheduler->state_dict());
    state.write("_schedulers", states);
    return;
  }
  const List& states = state.find("_schedulers")->list();
  check_count(name(), states.size(), schedulers_.size());
  for (std::size_t i = 0; i < states.size(); ++i) schedulers_[i]->read(states[i].dict(), state.keeps());
}

ChainedScheduler::ChainedScheduler(std::vector<LRScheduler*> schedulers)
    : LRScheduler("ChainedScheduler", common_optimizer("ChainedScheduler", schedulers, nullptr)),
      schedulers_(std::move(schedulers)) {
  last_epoch_ = schedulers_[0]->last_epoch_;
  last_lr_ = scaled(1.0).lr;
}

void ChainedScheduler::step() {
  for (LRScheduler* scheduler : schedulers_) scheduler->step();
  last_epoch_ = schedulers_[0]->last_epoch_;
  last_lr_ = scaled(1.0).lr;
}

void ChainedScheduler::step(std::int64_t) {
  throw StateError("ChainedScheduler: step takes no epoch; a chain goes on by step() alone");
}

LRScheduler::Rates ChainedScheduler::next_rates() const { return {}; }

void ChainedScheduler::fields(StateFields& state) {
  state.require("_schedulers");
  state("_last_lr", last_lr_);
  if (state.writing()) {
    List states;
    for (const LRScheduler* scheduler : schedulers_) states.push_back(scheduler->state_dict());
    state.write("_schedulers", states);
    return;
  }
  const List& states = state.find("_schedulers")->list();
  check_count(name(), states.size(), schedulers_.size());
  for (std::size_t i = 0; i < states.size(); ++i) schedulers_[i]->read(states[i].dict(), state.keeps());
  if (state.keeps()) last_epoch_ = schedulers_[0]->last_epoch_;
}

}  // namespace taper::optim::lr_scheduler
