#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "catch.h"
#include "dump.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/optim/adadelta.h"
#include "taper/optim/adam.h"
#include "taper/optim/lr_scheduler.h"
#include "taper/optim/sgd.h"

using namespace taper;
using namespace taper::optim::lr_scheduler;
using nlohmann::json;
using taper_test::ContainsSubstring;

namespace {

struct Warnings {
  Warnings() {
    set_warning_handler([this](const std::string& message) { said.push_back(message); });
  }
  Warnings(const Warnings&) = delete;
  ~Warnings() { set_warning_handler({}); }
  std::vector<std::string> said;
};

LrLambda function(const std::string& name) {
  if (name == "0.95**t") return [](std::int64_t t) { return std::pow(0.95, static_cast<double>(t)); };
  if (name == "1/(1+t)") return [](std::int64_t t) { return 1.0 / static_cast<double>(1 + t); };
  if (name == "1+t%3") return [](std::int64_t t) { return 1.0 + static_cast<double>(t % 3); };
  throw std::runtime_error("unknown function " + name);
}

std::vector<LrLambda> functions(const json& names) {
  std::vector<LrLambda> result;
  for (const json& name : names) result.push_back(function(name));
  return result;
}

PerGroup per_group(const json& values) {
  if (values.is_array()) return values.get<std::vector<double>>();
  return values.get<double>();
}

// Schedulers of one optimizer as a case of the dump describes them; parts are kept here.
class Maker {
 public:
  explicit Maker(optim::Optimizer& optimizer) : optimizer_(optimizer) {}

  LRScheduler& make(const std::string& name, const json& o) {
    schedulers_.push_back(made(name, o));
    return *schedulers_.back();
  }

 private:
  using Made = std::unique_ptr<LRScheduler>;

  Made made(const std::string& name, const json& o) {
    if (name == "LambdaLR") return with_functions<LambdaLR>(o["lr_lambda"]);
    if (name == "MultiplicativeLR") return with_functions<MultiplicativeLR>(o["lr_lambda"]);
    if (name == "SequentialLR")
      return std::make_unique<SequentialLR>(optimizer_, parts(o), o["milestones"].get<std::vector<std::int64_t>>());
    if (name == "ChainedScheduler") return std::make_unique<ChainedScheduler>(parts(o));
    if (name == "OneCycleLR") return one_cycle(o);
    if (name == "CyclicLR") return cyclic(o);
    return decaying(name, o);
  }

  Made decaying(const std::string& name, const json& o) {
    const auto at = [&o](const char* key) { return o[key].get<double>(); };
    const auto count = [&o](const char* key) { return o[key].get<std::int64_t>(); };
    if (name == "StepLR")
      return std::make_unique<StepLR>(optimizer_, count("step_size"), StepLROptions{.gamma = at("gamma")});
    if (name == "MultiStepLR")
      return std::make_unique<MultiStepLR>(optimizer_, o["milestones"].get<std::vector<std::int64_t>>(),
                                           MultiStepLROptions{.gamma = at("gamma")});
    if (name == "ExponentialLR") return std::make_unique<ExponentialLR>(optimizer_, at("gamma"));
    if (name == "ConstantLR")
      return std::make_unique<ConstantLR>(
          optimizer_, ConstantLROptions{.factor = at("factor"), .total_iters = count("total_iters")});
    if (name == "LinearLR")
      return std::make_unique<LinearLR>(optimizer_, LinearLROptions{.start_factor = at("start_factor"),
                                                                    .end_factor = at("end_factor"),
                                                                    .total_iters = count("total_iters")});
    if (name == "PolynomialLR")
      return std::make_unique<PolynomialLR>(
          optimizer_, PolynomialLROptions{.total_iters = count("total_iters"), .power = at("power")});
    if (name == "CosineAnnealingLR")
      return std::make_unique<CosineAnnealingLR>(optimizer_, count("T_max"),
                                                 CosineAnnealingLROptions{.eta_min = at("eta_min")});
    if (name == "CosineAnnealingWarmRestarts")
      return std::make_unique<CosineAnnealingWarmRestarts>(
          optimizer_, count("T_0"),
          CosineAnnealingWarmRestartsOptions{.T_mult = count("T_mult"), .eta_min = at("eta_min")});
    throw std::runtime_error("unknown scheduler " + name);
  }

  Made one_cycle(const json& o) {
    const std::string strategy = o["anneal_strategy"];
    OneCycleLROptions options{.total_steps = o["total_steps"].get<std::int64_t>(),
                              .pct_start = o["pct_start"],
                              .anneal_strategy = strategy,
                              .cycle_momentum = o["cycle_momentum"],
                              .base_momentum = per_group(o["base_momentum"]),
                              .max_momentum = per_group(o["max_momentum"]),
                              .div_factor = o["div_factor"],
                              .final_div_factor = o["final_div_factor"],
                              .three_phase = o["three_phase"]};
    return std::make_unique<OneCycleLR>(optimizer_, per_group(o["max_lr"]), options);
  }

  Made cyclic(const json& o) {
    const std::string mode = o["mode"];
    std::optional<std::int64_t> down;
    if (!o["step_size_down"].is_null()) down = o["step_size_down"].get<std::int64_t>();
    CyclicLROptions options{.step_size_up = o["step_size_up"],
                            .step_size_down = down,
                            .mode = mode,
                            .gamma = o["gamma"],
                            .cycle_momentum = o["cycle_momentum"],
                            .base_momentum = per_group(o["base_momentum"]),
                            .max_momentum = per_group(o["max_momentum"])};
    return std::make_unique<CyclicLR>(optimizer_, per_group(o["base_lr"]), per_group(o["max_lr"]), std::move(options));
  }

  template <class Scheduler>
  Made with_functions(const json& names) {
    if (names.is_string()) return std::make_unique<Scheduler>(optimizer_, function(names));
    return std::make_unique<Scheduler>(optimizer_, functions(names));
  }

  std::vector<LRScheduler*> parts(const json& o) {
    std::vector<LRScheduler*> result;
    for (const json& part : o["schedulers"]) result.push_back(&make(part[0], part[1]));
    return result;
  }

  optim::Optimizer& optimizer_;
  std::vector<Made> schedulers_;
};

ReduceLROnPlateauOptions plateau_options(const json& o) {
  return {.mode = o["mode"].get_ref<const std::string&>(),
          .factor = o["factor"],
          .patience = o["patience"],
          .threshold = o["threshold"],
          .threshold_mode = o["threshold_mode"].get_ref<const std::string&>(),
          .cooldown = o["cooldown"],
          .min_lr = per_group(o["min_lr"]),
          .eps = o["eps"]};
}

Tensor parameter() { return zeros({1}, {.requires_grad = true}); }

std::unique_ptr<optim::Optimizer> optimizer_with(const std::string& name, const std::vector<double>& rates) {
  const bool sgd = name == "SGD";
  std::unique_ptr<optim::Optimizer> made;
  std::vector<Tensor> one{parameter()};
  auto fill = [&](auto optimizer) {
    for (std::size_t i = 1; i < rates.size(); ++i) optimizer->add_param_group({.params = {parameter()}});
    made = std::move(optimizer);
  };
  if (sgd) {
    fill(std::make_unique<optim::SGD>(one, optim::SGDOptions{.lr = 1.0, .momentum = 0.9}));
  } else {
    fill(std::make_unique<optim::Adam>(one));
  }
  for (std::size_t i = 0; i < rates.size(); ++i) made->lr(i) = rates[i];
  return made;
}

// What python_parity/make_schedules.py made of a state dict.
Value value_of(const json& j) {
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return j.get<std::int64_t>();
  if (j.is_number()) return j.get<double>();
  if (j.is_array()) {
    List list;
    for (const json& item : j) list.push_back(value_of(item));
    return list;
  }
  if (j.is_object() && j.contains("counter")) {
    Dict dict;
    for (const json& pair : j["counter"]) dict.insert(pair[0].get<std::int64_t>(), value_of(pair[1]));
    return dict.as_counter();
  }
  if (j.is_object()) {
    Dict dict;
    for (const auto& [key, item] : j.items()) dict.insert(key, value_of(item));
    return dict;
  }
  if (j.is_null()) return {};
  const std::string text = j;
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  return text;
}

std::vector<double> rates(optim::Optimizer& optimizer) {
  std::vector<double> result;
  for (std::size_t i = 0; i < optimizer.group_count(); ++i) result.push_back(optimizer.lr(i));
  return result;
}

std::vector<double> momenta(optim::Optimizer& optimizer) {
  std::vector<double> result;
  for (std::size_t i = 0; i < optimizer.group_count(); ++i) result.push_back(*optimizer.momentum(i));
  return result;
}

// Goes through a case's epochs from `first` on; `step(epoch)` goes to the next one.
template <class Step>
void follow(const json& c, optim::Optimizer& optimizer, std::size_t first, Step step) {
  const auto lrs = c["lrs"].get<std::vector<std::vector<double>>>();
  for (std::size_t t = first; t < lrs.size(); ++t) {
    if (rates(optimizer) != lrs[t]) FAIL_CHECK("other rates at epoch " << t);
    if (c.contains("momenta") && momenta(optimizer) != c["momenta"][t].get<std::vector<double>>())
      FAIL_CHECK("other momenta at epoch " << t);
    step(t);
  }
}

// The same epochs, once from the start and once resumed from PyTorch's state by a scheduler made anew. Returns the
// state that is saved on the way.
Dict compare(const json& c) {
  const std::size_t saved = c["saved"];
  const auto optimizer = optimizer_with(c["optimizer"], c["lr"]);
  const auto resumed = optimizer_with(c["optimizer"], c["lr"]);
  const auto restore_rates = [&] {
    for (std::size_t i = 0; i < resumed->group_count(); ++i) resumed->lr(i) = c["lrs"][saved][i];
  };
  Dict state;
  const auto check_state = [&](std::size_t t, const auto& scheduler) {
    if (t != saved) return;
    state = scheduler.state_dict();
    CHECK(Value(state).str() == c["text"].get<std::string>());
  };
  if (c["name"] == "ReduceLROnPlateau") {
    ReduceLROnPlateau scheduler(*optimizer, plateau_options(c["options"]));
    follow(c, *optimizer, 0, [&](std::size_t t) {
      check_state(t, scheduler);
      scheduler.step(c["metrics"][t].get<double>());
      CHECK(scheduler.get_last_lr() == rates(*optimizer));
    });
    ReduceLROnPlateau again(*resumed, plateau_options(c["options"]));
    again.load_state_dict(value_of(c["state"]));
    restore_rates();
    follow(c, *resumed, saved, [&](std::size_t t) { again.step(c["metrics"][t].get<double>()); });
    return state;
  }
  Maker maker(*optimizer);
  LRScheduler& scheduler = maker.make(c["name"], c["options"]);
  follow(c, *optimizer, 0, [&](std::size_t t) {
    check_state(t, scheduler);
    optimizer->step();
    scheduler.step();
    CHECK(scheduler.get_last_lr() == rates(*optimizer));
  });
  Maker second(*resumed);
  LRScheduler& again = second.make(c["name"], c["options"]);
  again.load_state_dict(value_of(c["state"]));
  restore_rates();
  if (c.contains("momenta"))
    for (std::size_t i = 0; i < resumed->group_count(); ++i) *resumed->momentum(i) = c["momenta"][saved][i];
  follow(c, *resumed, saved, [&](std::size_t) {
    resumed->step();
    again.step();
  });
  return state;
}

}  // namespace

TEST_CASE("schedules give PyTorch's rates and states to the bit, and go on from PyTorch's states", "[parity]") {
  const Warnings warnings;
  std::ifstream file(taper_test::dump_path("schedules.json"));
  const auto dump = nlohmann::json::parse(file);
  CHECK(dump["cases"].size() == 47);
  List states;
  for (const json& c : dump["cases"]) {
    INFO(c["name"] << " " << c["options"] << " of " << c["optimizer"] << " " << c["lr"]);
    states.push_back(compare(c));
  }
  if (const char* folder = std::getenv("TAPER_PARITY_DIR")) save(states, std::string(folder) + "/schedules_taper.pt");
}

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
