#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/optim/adadelta.h"
#include "taper/optim/adam.h"
#include "taper/optim/lr_scheduler.h"
#include "taper/optim/sgd.h"
#include "warnings.h"

using namespace taper;
using namespace taper::optim::lr_scheduler;
using taper_test::ContainsSubstring;
using taper_test::Warnings;

namespace {

Tensor parameter() { return zeros({1}, {.requires_grad = true}); }

}  // namespace

TEST_CASE("a scheduler's step before the optimizer's first one warns, once") {
  Warnings warnings;
  optim::SGD optimizer(parameter(), {.lr = 1.0});
  StepLR scheduler(optimizer, 1);
  scheduler.step();
  REQUIRE(warnings.said.size() == 1);
  CHECK_THAT(warnings.said[0],
             ContainsSubstring("StepLR: Detected call of `lr_scheduler.step()` before `optimizer.step()`"));
  scheduler.step();
  CHECK(warnings.said.size() == 1);
  ExponentialLR other(optimizer, 0.5);
  optimizer.step();
  other.step();
  CHECK(warnings.said.size() == 1);
}

TEST_CASE("a scheduler whose optimizer has gone says so, and one whose optimizer has moved finds it") {
  std::optional<optim::SGD> optimizer(std::in_place, parameter(), optim::SGDOptions{.lr = 1.0});
  StepLR scheduler(*optimizer, 1);
  ReduceLROnPlateau plateau(*optimizer);
  std::optional<optim::SGD> moved(std::move(*optimizer));
  optimizer.reset();
  moved->step();
  scheduler.step();
  CHECK(moved->param_groups()[0].lr == 0.1);
  moved.reset();
  CHECK_THROWS_AS(scheduler.step(), StateError);
  CHECK_THROWS_WITH(scheduler.step(), ContainsSubstring("StepLR: its optimizer is gone"));
  CHECK_THROWS_AS(plateau.step(1.0), StateError);
  CHECK(scheduler.last_epoch() == 1);
  CHECK(scheduler.state_dict().contains("gamma"));
}

TEST_CASE("what PyTorch takes by position, schedules take by position, too") {
  const auto rates_after_two = [](auto make) {
    optim::SGD sgd({ones({1}).requires_grad_()}, {.lr = 1.0});
    auto scheduler = make(sgd);
    for (int i = 0; i < 2; ++i) sgd.step(), scheduler.step();
    return scheduler.get_last_lr();
  };
  using Rates = std::vector<double>;
  CHECK(rates_after_two([](auto& sgd) { return StepLR(sgd, 2, 0.5); }) == Rates{0.5});
  CHECK(rates_after_two([](auto& sgd) { return MultiStepLR(sgd, {1, 2}, 0.5); }) == Rates{0.25});
  CHECK(rates_after_two([](auto& sgd) { return CosineAnnealingLR(sgd, 2, 0.25); }) == Rates{0.25});
}

TEST_CASE("rates set by hand between steps are what the next step starts from") {
  optim::SGD optimizer(parameter(), {.lr = 1.0});
  ExponentialLR scheduler(optimizer, 0.5);
  optimizer.param_groups()[0].lr = 8;
  optimizer.step();
  scheduler.step();
  CHECK(scheduler.get_last_lr() == std::vector<double>{4});
  CHECK(optimizer.group(0).initial_lr == 1.0);
}

TEST_CASE("resuming at an epoch needs the rate that the schedule started from") {
  optim::SGD optimizer(parameter(), {.lr = 0.25});
  CHECK_THROWS_AS(StepLR(optimizer, 3, {.last_epoch = 4}), StateError);
  CHECK_THROWS_WITH(StepLR(optimizer, 3, {.last_epoch = 4}),
                    ContainsSubstring("group 0 has no initial_lr, which resuming after epoch 4 needs"));
  optimizer.param_groups()[0].initial_lr = 0.5;
  StepLR scheduler(optimizer, 3, {.gamma = 0.5, .last_epoch = 4});
  CHECK(scheduler.last_epoch() == 5);
  optimizer.step();
  scheduler.step();
  CHECK(scheduler.get_last_lr() == std::vector<double>{0.125});
}

TEST_CASE("step(epoch) goes there by the closed formula") {
  optim::SGD optimizer(parameter(), {.lr = 1.0});
  StepLR scheduler(optimizer, 2, {.gamma = 0.5});
  optimizer.step();
  scheduler.step(7);
  CHECK(scheduler.get_last_lr() == std::vector<double>{0.125});
  CHECK(scheduler.last_epoch() == 7);
  CosineAnnealingWarmRestarts restarts(optimizer, 10);
  restarts.step(3);
  restarts.step(2.5);
  CHECK(restarts.last_epoch() == 2);
  CHECK(optimizer.lr(0) == (1 + std::cos(M_PI * 2.5 / 10)) / 2);
}

TEST_CASE("a metric that no longer gets better lowers the rate, NaN being no better than any") {
  optim::SGD optimizer(parameter(), {.lr = 1.0});
  ReduceLROnPlateau scheduler(optimizer, {.factor = 0.5, .patience = 1});
  CHECK(scheduler.get_last_lr() == std::vector<double>{1});
  scheduler.step(tensor(3.0));
  scheduler.step(std::numeric_limits<double>::quiet_NaN());
  CHECK(optimizer.lr(0) == 1.0);
  scheduler.step(3.0);
  CHECK(optimizer.lr(0) == 0.5);
  CHECK(scheduler.last_epoch() == 3);
}

TEST_CASE("a cycle moves the first of betas, and keeps its bounds in the optimizer's groups as PyTorch does") {
  optim::Adam optimizer(parameter(), {.betas = {0.7, 0.99}});
  OneCycleLR scheduler(optimizer, 1.0, {.epochs = 5, .steps_per_epoch = 4});
  CHECK(optimizer.param_groups()[0].betas == std::pair{0.95, 0.99});
  CHECK(optimizer.group(0).initial_lr == 0.04);
  CHECK(optimizer.group(0).others.at("max_lr").as<double>() == 1.0);
  CHECK(optimizer.group(0).others.at("min_lr").as<double>() == 0.04 / 1e4);
  CHECK(optimizer.group(0).others.at("base_momentum").as<double>() == 0.85);
  optimizer.step();
  for (int step = 0; step < 20; ++step) scheduler.step();
  CHECK_THROWS_WITH(scheduler.step(), "OneCycleLR: Tried to step 22 times. The specified number of total steps is 20");
  CHECK(scheduler.last_epoch() == 20);
}

TEST_CASE("a cycle's state brings its phases, its strategy and its momentum, or is refused") {
  optim::Adam adam(parameter()), other(parameter());
  OneCycleLR source(adam, 1.0, {.total_steps = 20, .anneal_strategy = "linear", .three_phase = true});
  OneCycleLR target(other, 0.5, {.total_steps = 30});
  adam.step();
  for (int step = 0; step < 4; ++step) source.step();
  other.load_state_dict(adam.state_dict());
  target.load_state_dict(source.state_dict());
  for (int step = 4; step < 20; ++step) {
    source.step();
    target.step();
    if (other.lr(0) != adam.lr(0) || *other.momentum(0) != *adam.momentum(0))
      FAIL_CHECK("other rates at step " << step);
  }
  Dict state = target.state_dict();
  const auto refused = [&](const char* key, const Value& value, const char* why) {
    Dict changed = state;
    changed[key] = value;
    CHECK_THROWS_AS(target.load_state_dict(changed), StateError);
    CHECK_THROWS_WITH(target.load_state_dict(changed), ContainsSubstring(why));
  };
  refused("anneal_func", "OneCycleLR.step",
          "the state's anneal_func is 'OneCycleLR.step'; there are 'cos' and 'linear'");
  refused("_anneal_func_type", "cubic", "there are 'cos' and 'linear'");
  refused("_schedule_phases", List{}, "the state has no phase");
  refused("_schedule_phases", List{Dict{{"end_step", 3.0}, {"start_lr", "lr"}, {"end_lr", "max_lr"}}},
          "from or to 'lr'");
  CHECK(Value(target.state_dict()).str() == Value(state).str());

  optim::Adadelta without(parameter());
  OneCycleLR still(without, 1.0, {.total_steps = 20, .cycle_momentum = false});
  CHECK_THROWS_AS(still.load_state_dict(state), StateError);
  CHECK_THROWS_WITH(still.load_state_dict(state), ContainsSubstring("the state cycles momentum"));
  optim::SGD sgd(parameter(), {.lr = 0.1, .momentum = 0.9});
  CyclicLR cycling(sgd, 0.1, 1.0), plain(sgd, 0.1, 1.0, {.cycle_momentum = false});
  Dict half = cycling.state_dict();
  half.erase("max_momentums");
  CHECK_THROWS_WITH(plain.load_state_dict(half),
                    ContainsSubstring("neither it nor this scheduler has a base_momentum"));
  half["max_momentums"] = List{0.9, 0.9};
  CHECK_THROWS_AS(plain.load_state_dict(half), StateError);
  plain.load_state_dict(cycling.state_dict());
  CHECK(Value(plain.state_dict()).str() == Value(cycling.state_dict()).str());
}

TEST_CASE("a scale function of one's own shapes the cycles") {
  optim::SGD optimizer(parameter(), {.lr = 1.0});
  CyclicLROptions options{.step_size_up = 2, .cycle_momentum = false};
  options.scale_fn = [](std::int64_t cycle) { return cycle == 1 ? 1.0 : 0.25; };
  CyclicLR scheduler(optimizer, 1.0, 2.0, std::move(options));
  optimizer.step();
  std::vector<double> seen;
  for (int i = 0; i < 6; ++i) {
    scheduler.step();
    seen.push_back(optimizer.lr(0));
  }
  CHECK(seen == std::vector<double>{1.5, 2, 1.5, 1, 1.125, 1.25});
}

TEST_CASE("schedulers refuse what they cannot schedule, and change nothing") {
  optim::SGD optimizer({parameter(), parameter()}, {.lr = 1.0});
  optimizer.step();
  CHECK_THROWS_AS(StepLR(optimizer, 0), ValueError);
  CHECK_THROWS_WITH(LambdaLR(optimizer, each_group([](std::int64_t) { return 1.0; }, [](std::int64_t) { return 1.0; })),
                    "LambdaLR: Expected 1 lr_lambdas, but got 2");
  CHECK_THROWS_AS(LambdaLR(optimizer, LrLambda()), ValueError);
  CHECK_THROWS_WITH(ConstantLR(optimizer, {.factor = 1.5}),
                    ContainsSubstring("Constant multiplicative factor expected to be between 0 and 1"));
  CHECK_THROWS_AS(LinearLR(optimizer, {.start_factor = 0}), ValueError);
  CHECK_THROWS_AS(LinearLR(optimizer, {.end_factor = -1}), ValueError);
  CHECK_THROWS_AS(CosineAnnealingLR(optimizer, 0), ValueError);
  CHECK_THROWS_WITH(CosineAnnealingWarmRestarts(optimizer, 0),
                    ContainsSubstring("Expected positive integer T_0, but got 0"));
  CHECK_THROWS_AS(CosineAnnealingWarmRestarts(optimizer, 1, {.T_mult = 0}), ValueError);
  CHECK_THROWS_WITH(OneCycleLR(optimizer, 1.0),
                    "OneCycleLR: You must define either total_steps OR (epochs AND steps_per_epoch)");
  CHECK_THROWS_AS(OneCycleLR(optimizer, 1.0, {.epochs = 3}), ValueError);
  CHECK_THROWS_WITH(OneCycleLR(optimizer, 1.0, {.total_steps = 0}), ContainsSubstring("positive integer total_steps"));
  CHECK_THROWS_AS(OneCycleLR(optimizer, 1.0, {.total_steps = 9, .pct_start = 1.5}), ValueError);
  CHECK_THROWS_AS(OneCycleLR(optimizer, 1.0, {.total_steps = 9, .anneal_strategy = "x"}), ValueError);
  CHECK_THROWS_AS(OneCycleLR(optimizer, 1.0, {.total_steps = 4, .pct_start = 0.25}), ValueError);
  CHECK_THROWS_WITH(OneCycleLR(optimizer, {1.0, 2.0}, {.total_steps = 9}),
                    "OneCycleLR: expected 1 values for max_lr, got 2");
  CHECK_THROWS_AS(CyclicLR(optimizer, 0.1, 1.0, {.mode = "x"}), ValueError);
  CHECK_THROWS_AS(CyclicLR(optimizer, 0.1, 1.0, {.step_size_up = 0}), ValueError);
  CHECK_THROWS_WITH(ReduceLROnPlateau(optimizer, {.factor = 1.0}), ContainsSubstring("Factor should be < 1.0"));
  CHECK_THROWS_WITH(ReduceLROnPlateau(optimizer, {.mode = "x"}), ContainsSubstring("mode 'x' is unknown"));
  optim::Adadelta without(parameter());
  CHECK_THROWS_WITH(OneCycleLR(without, 1.0, {.total_steps = 9}), ContainsSubstring("optimizer must support momentum"));
  CHECK(optimizer.lr(0) == 1.0);
  CHECK_FALSE(optimizer.group(0).initial_lr.has_value());

  ConstantLR zero(optimizer, {.factor = 0.0, .total_iters = 2});
  optimizer.step();
  zero.step();
  CHECK_THROWS_WITH(zero.step(), ContainsSubstring("ConstantLR: the rate of group 0 would be"));
  CHECK(zero.last_epoch() == 1);
}

TEST_CASE("sequences and chains want schedulers of one optimizer") {
  optim::SGD optimizer(parameter(), {.lr = 1.0});
  optim::SGD another(parameter(), {.lr = 1.0});
  ExponentialLR one(optimizer, 0.5);
  ExponentialLR two(optimizer, 0.9);
  ExponentialLR foreign(another, 0.5);
  CHECK_THROWS_WITH(SequentialLR(optimizer, {&one, &foreign}, {2}),
                    ContainsSubstring("expects all schedulers to belong to the same optimizer; that at index 1"));
  CHECK_THROWS_AS(SequentialLR(optimizer, {&one, &two}, {}), ValueError);
  CHECK_THROWS_AS(SequentialLR(optimizer, {}, {}), ValueError);
  CHECK_THROWS_AS(ChainedScheduler({&one, &foreign}), ValueError);
  CHECK_THROWS_AS(ChainedScheduler({}), ValueError);
  ExponentialLR three(optimizer, 0.9);
  CHECK_THROWS_AS(SequentialLR(optimizer, {&one, &two, &three}, {5, 2}), ValueError);
  SequentialLR sequence(optimizer, {&one, &two}, {2});
  CHECK_THROWS_AS(sequence.step(3), StateError);
}

TEST_CASE("a state that is not the scheduler's is refused, and nothing changes") {
  optim::SGD optimizer(parameter(), {.lr = 1.0});
  StepLR scheduler(optimizer, 3, {.gamma = 0.5});
  const std::string before = Value(scheduler.state_dict()).str();
  CHECK_THROWS_WITH(scheduler.load_state_dict(Dict{{"gamma", 2.0}}),
                    ContainsSubstring("StepLR: the state has no 'last_epoch'"));
  CHECK_THROWS_AS(scheduler.load_state_dict(Dict{{"gamma", 2.0}, {"last_epoch", "x"}}), TypeError);
  CHECK_THROWS_WITH(scheduler.load_state_dict(Dict{{"gamma", 2.0}, {"last_epoch", 2}, {"base_lrs", List{1.0, 2.0}}}),
                    ContainsSubstring("'base_lrs' of the state has 2 numbers; this scheduler has 1"));
  CHECK_THROWS_AS(scheduler.load_state_dict(3), TypeError);
  ChainedScheduler chain({&scheduler});
  CHECK_THROWS_WITH(chain.load_state_dict(Dict{{"_schedulers", List{}}}),
                    ContainsSubstring("the state has 0 schedulers; this one has 1"));
  CHECK(Value(scheduler.state_dict()).str() == before);
}
