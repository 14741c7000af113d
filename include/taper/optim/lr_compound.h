#pragma once

#include <cstdint>
#include <vector>

#include "taper/optim/lr_scheduler_base.h"

namespace taper::optim::lr_scheduler {

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
