// Schedules beside PyTorch's: python_parity/make_schedules.py writes what they are held against.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "dump.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "taper/optim/adam.h"
#include "taper/optim/lr_scheduler.h"
#include "taper/optim/sgd.h"
#include "warnings.h"

using namespace taper;
using namespace taper::optim::lr_scheduler;
using nlohmann::json;
using taper_test::Warnings;

namespace {

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
