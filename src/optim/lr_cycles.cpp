// The schedules that go up and down: along a cosine, in one cycle or in many.
#include "taper/optim/lr_cycles.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "optim/scheduler_state.h"

namespace taper::optim::lr_scheduler {
namespace {

constexpr double pi = std::numbers::pi;
constexpr const char* point_names[] = {"initial_lr", "max_lr", "min_lr"};  // of OneCycleLR's phases

bool has_momentum(Optimizer& optimizer) {
  for (std::size_t i = 0; i < optimizer.group_count(); ++i)
    if (optimizer.momentum(i) == nullptr) return false;
  return true;
}

void check_momentum(const char* scheduler, Optimizer& optimizer) {
  if (!has_momentum(optimizer))
    throw ValueError(
        fmt::format("{}: optimizer must support momentum with `cycle_momentum` option enabled; this one "
                    "has neither momentum nor betas",
                    scheduler));
}

// Of a state that is being read, where `momenta` say whether there is something to cycle between.
void read_cycle_momentum(StateFields& state, bool& member, Optimizer& optimizer, bool momenta) {
  const Value* value = state.find("cycle_momentum");
  if (value == nullptr) return;
  if (value->as<bool>() && !(momenta && has_momentum(optimizer)))
    throw StateError(fmt::format("{}: the state cycles momentum, {}", state.scheduler(),
                                 momenta ? "which this optimizer does not have"
                                         : "but neither it nor this scheduler has a base_momentum and a max_momentum"));
  state.take(value->as<bool>(), member);
}

}  // namespace

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max, CosineAnnealingLROptions options)
    : LRScheduler("CosineAnnealingLR", optimizer), t_max_(T_max), eta_min_(options.eta_min) {
  if (T_max < 1) throw ValueError(fmt::format("CosineAnnealingLR: T_max {}; at least 1 epoch is needed", T_max));
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates CosineAnnealingLR::next_rates() const {
  Rates rates = scaled(1.0);
  if (last_epoch_ == 0) return rates;
  const auto total = static_cast<double>(t_max_);
  const auto epoch = static_cast<double>(last_epoch_);
  if (step_count_ == 1 && last_epoch_ > 0)
    return from_base(
        [&](double base) { return eta_min_ + (base - eta_min_) * (1 + std::cos(epoch * pi / total)) / 2; });
  if ((last_epoch_ - 1 - t_max_) % (2 * t_max_) == 0) {
    rates.lr.resize(std::min(rates.lr.size(), base_lrs_.size()));
    for (std::size_t i = 0; i < rates.lr.size(); ++i)
      rates.lr[i] += (base_lrs_[i] - eta_min_) * (1 - std::cos(pi / total)) / 2;
    return rates;
  }
  const double factor = (1 + std::cos(pi * epoch / total)) / (1 + std::cos(pi * (epoch - 1) / total));
  for (double& lr : rates.lr) lr = factor * (lr - eta_min_) + eta_min_;
  return rates;
}

LRScheduler::Rates CosineAnnealingLR::closed_rates() const {
  const double part = pi * static_cast<double>(last_epoch_) / static_cast<double>(t_max_);
  return from_base([&](double base) { return eta_min_ + (base - eta_min_) * (1 + std::cos(part)) / 2; });
}

void CosineAnnealingLR::fields(StateFields& state) {
  state("T_max", t_max_);
  state("eta_min", eta_min_);
  LRScheduler::fields(state);
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t T_0,
                                                         CosineAnnealingWarmRestartsOptions options)
    : LRScheduler("CosineAnnealingWarmRestarts", optimizer),
      t_0_(T_0),
      t_i_(static_cast<double>(T_0)),
      t_mult_(options.T_mult),
      eta_min_(options.eta_min),
      t_cur_(static_cast<double>(options.last_epoch)) {
  if (T_0 <= 0) throw ValueError(fmt::format("{}: Expected positive integer T_0, but got {}", name(), T_0));
  if (t_mult_ < 1) throw ValueError(fmt::format("{}: Expected integer T_mult >= 1, but got {}", name(), t_mult_));
  start(options.last_epoch, options.verbose);
}

void CosineAnnealingWarmRestarts::step() {
  if (last_epoch_ < 0) return step(0.0);
  double t_cur = t_cur_ + 1;
  double t_i = t_i_;
  if (t_cur >= t_i) {
    t_cur -= t_i;
    t_i *= static_cast<double>(t_mult_);
  }
  restart_at(static_cast<double>(last_epoch_ + 1), t_cur, t_i);
}

void CosineAnnealingWarmRestarts::step(double epoch) {
  if (!(epoch >= 0 && epoch < 0x1p53))
    throw ValueError(fmt::format("{}: Expected non-negative epoch, but got {}", name(), epoch));
  const auto first = static_cast<double>(t_0_);
  const auto mult = static_cast<double>(t_mult_);
  if (epoch < first) return restart_at(epoch, epoch, first);
  if (t_mult_ == 1) return restart_at(epoch, std::fmod(epoch, first), t_i_);
  const double n = std::trunc(std::log(epoch / first * (mult - 1) + 1) / std::log(mult));
  restart_at(epoch, epoch - first * (std::pow(mult, n) - 1) / (mult - 1), first * std::pow(mult, n));
}

void CosineAnnealingWarmRestarts::restart_at(double epoch, double t_cur, double t_i) {
  std::swap(t_cur_, t_cur);
  std::swap(t_i_, t_i);
  try {
    move_to(static_cast<std::int64_t>(std::floor(epoch)));
  } catch (...) {
    t_cur_ = t_cur;
    t_i_ = t_i;
    throw;
  }
  step_count_ = 0;  // which PyTorch does not count here
}

LRScheduler::Rates CosineAnnealingWarmRestarts::next_rates() const {
  return from_base([&](double base) { return eta_min_ + (base - eta_min_) * (1 + std::cos(pi * t_cur_ / t_i_)) / 2; });
}

void CosineAnnealingWarmRestarts::fields(StateFields& state) {
  // Python's ints, where they are whole.
  const auto number = [&state](const char* key, double& x) {
    if (!state.writing() || x != std::floor(x)) return state(key, x);
    state.write(key, static_cast<std::int64_t>(x));
  };
  state("T_0", t_0_);
  number("T_i", t_i_);
  state("T_mult", t_mult_);
  state("eta_min", eta_min_);
  number("T_cur", t_cur_);
  LRScheduler::fields(state);
}

OneCycleLR::OneCycleLR(Optimizer& optimizer, const PerGroup& max_lr, OneCycleLROptions options)
    : LRScheduler("OneCycleLR", optimizer),
      cosine_(options.anneal_strategy == "cos"),
      cycle_momentum_(options.cycle_momentum) {
  const auto positive = [](const char* what, std::optional<std::int64_t> value) {
    if (!value) throw ValueError("OneCycleLR: You must define either total_steps OR (epochs AND steps_per_epoch)");
    if (*value <= 0)
      throw ValueError(fmt::format("OneCycleLR: Expected positive integer {}, but got {}", what, *value));
    return *value;
  };
  total_steps_ = options.total_steps
                     ? positive("total_steps", options.total_steps)
                     : positive("epochs", options.epochs) * positive("steps_per_epoch", options.steps_per_epoch);
  const double pct = options.pct_start;
  if (!(pct >= 0 && pct <= 1))
    throw ValueError(fmt::format("OneCycleLR: Expected float between 0 and 1 pct_start, but got {}", pct));
  if (!cosine_ && options.anneal_strategy != "linear")
    throw ValueError(fmt::format("OneCycleLR: anneal_strategy must be one of 'cos' or 'linear', instead got '{}'",
                                 options.anneal_strategy));
  const auto total = static_cast<double>(total_steps_);
  if (pct * total == 1)
    throw ValueError(
        fmt::format("OneCycleLR: pct_start {} of {} steps is one step, which cannot rise", pct, total_steps_));
  phases_.push_back({pct * total - 1, Point::initial, Point::max});
  if (options.three_phase) phases_.push_back({2 * pct * total - 2, Point::max, Point::initial});
  phases_.push_back({total - 1, options.three_phase ? Point::initial : Point::max, Point::min});

  const std::size_t groups = optimizer.group_count();
  max_lrs_ = max_lr.of(groups, name(), "max_lr");
  if (cycle_momentum_) {
    check_momentum(name(), optimizer);
    max_momentums_ = options.max_momentum.of(groups, name(), "max_momentum");
    base_momentums_ = options.base_momentum.of(groups, name(), "base_momentum");
  }
  for (std::size_t i = 0; i < groups; ++i) {
    ParamGroup& group = optimizer.group(i);
    const double initial = max_lrs_[i] / options.div_factor;
    if (options.last_epoch == -1) {
      group.initial_lr = initial;
      group.others["max_lr"] = max_lrs_[i];
      group.others["min_lr"] = initial / options.final_div_factor;
      if (cycle_momentum_) {
        *optimizer.momentum(i) = max_momentums_[i];
        group.others["max_momentum"] = max_momentums_[i];
        group.others["base_momentum"] = base_momentums_[i];
      }
    }
    initial_lrs_.push_back(group.initial_lr.value_or(initial));
    min_lrs_.push_back(initial_lrs_.back() / options.final_div_factor);
  }
  start(options.last_epoch, options.verbose);
}

double OneCycleLR::anneal(double start, double end, double part) const {
  if (!cosine_) return (end - start) * part + start;
  return end + (start - end) / 2.0 * (std::cos(pi * part) + 1);
}

LRScheduler::Rates OneCycleLR::next_rates() const {
  if (last_epoch_ > total_steps_)
    throw ValueError(fmt::format("OneCycleLR: Tried to step {} times. The specified number of total steps is {}",
                                 last_epoch_ + 1, total_steps_));
  const auto step = static_cast<double>(last_epoch_);
  double before = 0;
  std::size_t phase = 0;
  for (; phase + 1 < phases_.size() && step > phases_[phase].end_step; ++phase) before = phases_[phase].end_step;
  const auto [end, from, to] = phases_[phase];
  const double part = (step - before) / (end - before);
  // As in PyTorch an optimizer's state brings its groups' own bounds.
  const Optimizer& o = optimizer();
  const auto of_group = [&o](std::size_t group, const char* key, const std::vector<double>& made_with) {
    const Value* value = o.group(group).others.find(key);
    return value != nullptr ? value->as<double>() : made_with.at(group);
  };
  const auto lr_at = [&](Point point, std::size_t group) {
    if (point == Point::initial) return o.group(group).initial_lr.value_or(initial_lrs_[group]);
    return point == Point::max ? of_group(group, "max_lr", max_lrs_) : of_group(group, "min_lr", min_lrs_);
  };
  // Momentum is low where the rate is high.
  const auto momentum_at = [&](Point point, std::size_t group) {
    return point == Point::max ? of_group(group, "base_momentum", base_momentums_)
                               : of_group(group, "max_momentum", max_momentums_);
  };
  Rates rates;
  for (std::size_t i = 0; i < std::min(o.group_count(), initial_lrs_.size()); ++i) {
    rates.lr.push_back(anneal(lr_at(from, i), lr_at(to, i), part));
    if (cycle_momentum_) rates.momentum.push_back(anneal(momentum_at(from, i), momentum_at(to, i), part));
  }
  return rates;
}

Value OneCycleLR::phases_as_value() const {
  const char* momenta[] = {"max_momentum", "base_momentum", "max_momentum"};
  List phases;
  for (const Phase& phase : phases_) {
    const auto from = static_cast<std::size_t>(phase.from);
    const auto to = static_cast<std::size_t>(phase.to);
    const bool last = &phase == &phases_.back();
    phases.push_back(Dict{{"end_step", last ? Value(total_steps_ - 1) : Value(phase.end_step)},
                          {"start_lr", point_names[from]},
                          {"end_lr", point_names[to]},
                          {"start_momentum", momenta[from]},
                          {"end_momentum", momenta[to]}});
  }
  return phases;
}

std::vector<OneCycleLR::Phase> OneCycleLR::phases_from(const Value& value) {
  const auto point = [](const Value& name) {
    const auto found = std::find(std::begin(point_names), std::end(point_names), name.as<std::string>());
    if (found == std::end(point_names))
      throw StateError(fmt::format("OneCycleLR: the state has a phase from or to '{}'; there are '{}'",
                                   name.as<std::string>(), fmt::join(point_names, "', '")));
    return static_cast<Point>(found - std::begin(point_names));
  };
  std::vector<Phase> phases;
  for (const Value& phase : value)
    phases.push_back({phase["end_step"].as<double>(), point(phase["start_lr"]), point(phase["end_lr"])});
  if (phases.empty()) throw StateError("OneCycleLR: the state has no phase");
  return phases;
}

void OneCycleLR::fields(StateFields& state) {
  state("total_steps", total_steps_);
  if (state.writing()) {
    state.write("_schedule_phases", phases_as_value());
    state.write("_anneal_func_type", cosine_ ? "cos" : "linear");
  } else {
    if (const Value* phases = state.find("_schedule_phases")) state.take(phases_from(*phases), phases_);
    // The one is PyTorch 2's, the other 1.13's: a method, of which a file's reader leaves the name.
    for (const char* key : {"_anneal_func_type", "anneal_func"}) {
      const Value* found = state.find(key);
      if (found == nullptr) continue;
      const auto strategy = found->as<std::string>();
      const bool cosine = strategy == "cos" || strategy == "OneCycleLR._annealing_cos";
      if (!cosine && strategy != "linear" && strategy != "OneCycleLR._annealing_linear")
        throw StateError(
            fmt::format("OneCycleLR: the state's {} is '{}'; there are 'cos' and 'linear'", key, strategy));
      state.take(cosine, cosine_);
    }
  }
  if (state.writing()) {
    state("cycle_momentum", cycle_momentum_);
  } else {
    bool momenta = true;
    for (std::size_t i = 0; i < optimizer().group_count(); ++i)
      for (const char* key : {"base_momentum", "max_momentum"})
        momenta &= !max_momentums_.empty() || optimizer().group(i).others.contains(key);
    read_cycle_momentum(state, cycle_momentum_, optimizer(), momenta);
  }
  LRScheduler::fields(state);
}

CyclicLR::CyclicLR(Optimizer& optimizer, const PerGroup& base_lr, const PerGroup& max_lr, CyclicLROptions options)
    : LRScheduler("CyclicLR", optimizer),
      gamma_(options.gamma),
      scale_fn_(std::move(options.scale_fn)),
      cycle_momentum_(options.cycle_momentum) {
  const std::size_t groups = optimizer.group_count();
  const std::vector<double> base_lrs = base_lr.of(groups, name(), "base_lr");
  max_lrs_ = max_lr.of(groups, name(), "max_lr");
  const std::int64_t down = options.step_size_down.value_or(options.step_size_up);
  if (options.step_size_up < 1 || down < 1)
    throw ValueError(fmt::format("CyclicLR: step_size_up {} and step_size_down {}; each must be at least 1",
                                 options.step_size_up, down));
  total_size_ = static_cast<double>(options.step_size_up) + static_cast<double>(down);
  step_ratio_ = static_cast<double>(options.step_size_up) / total_size_;
  if (options.mode == "triangular") {
    mode_ = Mode::triangular;
  } else if (options.mode == "triangular2") {
    mode_ = Mode::triangular2;
  } else if (options.mode == "exp_range") {
    mode_ = Mode::exp_range;
  } else if (scale_fn_) {
    mode_ = Mode::triangular;
  } else {
    throw ValueError(fmt::format(
        "CyclicLR: mode '{}' is invalid and scale_fn is empty; there are 'triangular', 'triangular2' and 'exp_range'",
        options.mode));
  }
  if (options.scale_mode != "cycle" && options.scale_mode != "iterations")
    throw ValueError(fmt::format("CyclicLR: scale_mode '{}'; there are 'cycle' and 'iterations'", options.scale_mode));
  by_cycle_ = scale_fn_ ? options.scale_mode == "cycle" : mode_ != Mode::exp_range;
  if (cycle_momentum_) {
    check_momentum(name(), optimizer);
    base_momentums_ = options.base_momentum.of(groups, name(), "base_momentum");
    max_momentums_ = options.max_momentum.of(groups, name(), "max_momentum");
    if (options.last_epoch != -1)
      for (std::size_t i = 0; i < groups; ++i) base_momentums_[i] = *optimizer.momentum(i);
  }
  if (options.last_epoch == -1)
    for (std::size_t i = 0; i < groups; ++i) optimizer.lr(i) = base_lrs[i];
  start(options.last_epoch, options.verbose);
  base_lrs_ = base_lrs;
}

double CyclicLR::scale(double x) const {
  if (scale_fn_) return scale_fn_(static_cast<std::int64_t>(x));
  if (mode_ == Mode::triangular) return 1.0;
  return mode_ == Mode::triangular2 ? 1.0 / std::pow(2.0, x - 1) : std::pow(gamma_, x);
}

LRScheduler::Rates CyclicLR::next_rates() const {
  const auto step = static_cast<double>(last_epoch_);
  const double cycle = std::floor(1 + step / total_size_);
  const double x = 1.0 + step / total_size_ - cycle;
  const double height = x <= step_ratio_ ? x / step_ratio_ : (x - 1) / (step_ratio_ - 1);
  const double argument = by_cycle_ ? cycle : step;
  Rates rates;
  for (std::size_t i = 0; i < base_lrs_.size(); ++i) {
    rates.lr.push_back(base_lrs_[i] + (max_lrs_[i] - base_lrs_[i]) * height * scale(argument));
    if (!cycle_momentum_) continue;
    const double width = (max_momentums_[i] - base_momentums_[i]) * height;
    rates.momentum.push_back(max_momentums_[i] - width * scale(argument));
  }
  return rates;
}

void CyclicLR::fields(StateFields& state) {
  const char* names[] = {"triangular", "triangular2", "exp_range"};
  state("max_lrs", max_lrs_);
  state("total_size", total_size_);
  state("step_ratio", step_ratio_);
  if (state.writing()) {
    state.write("mode", names[static_cast<std::size_t>(mode_)]);
  } else if (const Value* mode = state.find("mode")) {
    const auto found = std::find(std::begin(names), std::end(names), mode->as<std::string>());
    if (found == std::end(names) && !scale_fn_)
      throw StateError(
          fmt::format("CyclicLR: the state's mode is '{}'; there are 'triangular', 'triangular2' and "
                      "'exp_range'",
                      mode->as<std::string>()));
    if (found != std::end(names)) state.take(static_cast<Mode>(found - std::begin(names)), mode_);
  }
  state("gamma", gamma_);
  if (state.writing()) {
    state.write("_scale_fn_custom", Value());
    state.write("scale_mode", by_cycle_ ? "cycle" : "iterations");
  } else if (const Value* mode = state.find("scale_mode")) {
    state.take(mode->as<std::string>() == "cycle", by_cycle_);
  }
  if (state.writing()) {
    state("cycle_momentum", cycle_momentum_);
  } else {
    bool momenta = true;
    for (const char* key : {"base_momentums", "max_momentums"}) {
      const Value* value = state.find(key);
      momenta &= value != nullptr ? value->size() == max_lrs_.size() : !max_momentums_.empty();
    }
    read_cycle_momentum(state, cycle_momentum_, optimizer(), momenta);
  }
  if (!state.writing() || cycle_momentum_) {
    state("base_momentums", base_momentums_);
    state("max_momentums", max_momentums_);
  }
  LRScheduler::fields(state);
}

}  // namespace taper::optim::lr_scheduler
