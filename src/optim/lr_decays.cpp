// The schedules that go one way: by steps, by a factor, along a line or a polynomial, or as functions say.
#include "taper/optim/lr_decays.h"

#include <algorithm>
#include <cmath>

#include "optim/scheduler_state.h"

namespace taper::optim::lr_scheduler {

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, StepLROptions options)
    : LRScheduler("StepLR", optimizer), step_size_(step_size), gamma_(options.gamma) {
  if (step_size < 1) throw ValueError(fmt::format("StepLR: step_size {}; at least 1 epoch is needed", step_size));
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates StepLR::next_rates() const {
  return scaled(last_epoch_ == 0 || last_epoch_ % step_size_ != 0 ? 1.0 : gamma_);
}

LRScheduler::Rates StepLR::closed_rates() const {
  const auto times = std::floor(static_cast<double>(last_epoch_) / static_cast<double>(step_size_));
  return from_base([&](double base) { return base * std::pow(gamma_, times); });
}

void StepLR::fields(StateFields& state) {
  state("step_size", step_size_);
  state("gamma", gamma_);
  LRScheduler::fields(state);
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, const std::vector<std::int64_t>& milestones, MultiStepLROptions options)
    : LRScheduler("MultiStepLR", optimizer), gamma_(options.gamma) {
  for (const std::int64_t epoch : milestones) {
    const auto same = [epoch](const auto& milestone) { return milestone.first == epoch; };
    const auto found = std::find_if(milestones_.begin(), milestones_.end(), same);
    if (found == milestones_.end()) {
      milestones_.emplace_back(epoch, 1);
    } else {
      ++found->second;
    }
  }
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates MultiStepLR::next_rates() const {
  for (const auto& [epoch, times] : milestones_)
    if (epoch == last_epoch_) return scaled(std::pow(gamma_, static_cast<double>(times)));
  return scaled(1.0);
}

LRScheduler::Rates MultiStepLR::closed_rates() const {
  std::int64_t passed = 0;
  for (const auto& [epoch, times] : milestones_)
    if (epoch <= last_epoch_) passed += times;
  return from_base([&](double base) { return base * std::pow(gamma_, static_cast<double>(passed)); });
}

void MultiStepLR::fields(StateFields& state) {
  if (state.writing()) {
    Dict counts;
    for (const auto& [epoch, times] : milestones_) counts.insert(epoch, times);
    state.write("milestones", counts.as_counter());
  } else if (const Value* counts = state.find("milestones")) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    for (const auto& [epoch, times] : counts->dict()) found.emplace_back(epoch.number(), times.as<std::int64_t>());
    state.take(std::move(found), milestones_);
  }
  state("gamma", gamma_);
  LRScheduler::fields(state);
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma, SchedulerOptions options)
    : LRScheduler("ExponentialLR", optimizer), gamma_(gamma) {
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates ExponentialLR::next_rates() const { return scaled(last_epoch_ == 0 ? 1.0 : gamma_); }

LRScheduler::Rates ExponentialLR::closed_rates() const {
  return from_base([&](double base) { return base * std::pow(gamma_, static_cast<double>(last_epoch_)); });
}

void ExponentialLR::fields(StateFields& state) {
  state("gamma", gamma_);
  LRScheduler::fields(state);
}

ConstantLR::ConstantLR(Optimizer& optimizer, ConstantLROptions options)
    : LRScheduler("ConstantLR", optimizer), factor_(options.factor), total_iters_(options.total_iters) {
  if (!(factor_ >= 0 && factor_ <= 1))
    throw ValueError(
        fmt::format("ConstantLR: factor {}: Constant multiplicative factor expected to be between 0 and 1", factor_));
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates ConstantLR::next_rates() const {
  if (last_epoch_ == 0) return scaled(factor_);
  return scaled(last_epoch_ == total_iters_ ? 1.0 / factor_ : 1.0);
}

LRScheduler::Rates ConstantLR::closed_rates() const {
  const double rest = last_epoch_ >= total_iters_ ? 1.0 - factor_ : 0.0;
  return from_base([&](double base) { return base * (factor_ + rest); });
}

void ConstantLR::fields(StateFields& state) {
  state("factor", factor_);
  state("total_iters", total_iters_);
  LRScheduler::fields(state);
}

LinearLR::LinearLR(Optimizer& optimizer, LinearLROptions options)
    : LRScheduler("LinearLR", optimizer),
      start_factor_(options.start_factor),
      end_factor_(options.end_factor),
      total_iters_(options.total_iters) {
  if (!(start_factor_ > 0 && start_factor_ <= 1))
    throw ValueError(fmt::format(
        "LinearLR: start_factor {}: Starting multiplicative factor expected to be greater than 0 and at most 1",
        start_factor_));
  if (!(end_factor_ >= 0 && end_factor_ <= 1))
    throw ValueError(fmt::format("LinearLR: end_factor {}: Ending multiplicative factor expected to be between 0 and 1",
                                 end_factor_));
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates LinearLR::next_rates() const {
  if (last_epoch_ == 0) return scaled(start_factor_);
  if (last_epoch_ > total_iters_) return scaled(1.0);
  const double way = end_factor_ - start_factor_;
  return scaled(1.0 +
                way / (static_cast<double>(total_iters_) * start_factor_ + static_cast<double>(last_epoch_ - 1) * way));
}

LRScheduler::Rates LinearLR::closed_rates() const {
  const auto epoch = static_cast<double>(std::min(total_iters_, last_epoch_));
  return from_base([&](double base) {
    return base * (start_factor_ + (end_factor_ - start_factor_) * epoch / static_cast<double>(total_iters_));
  });
}

void LinearLR::fields(StateFields& state) {
  state("start_factor", start_factor_);
  state("end_factor", end_factor_);
  state("total_iters", total_iters_);
  LRScheduler::fields(state);
}

PolynomialLR::PolynomialLR(Optimizer& optimizer, PolynomialLROptions options)
    : LRScheduler("PolynomialLR", optimizer), total_iters_(options.total_iters), power_(options.power) {
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates PolynomialLR::next_rates() const {
  if (last_epoch_ == 0 || last_epoch_ > total_iters_) return scaled(1.0);
  const auto epoch = static_cast<double>(last_epoch_);
  const auto total = static_cast<double>(total_iters_);
  return scaled(std::pow((1.0 - epoch / total) / (1.0 - (epoch - 1.0) / total), power_));
}

LRScheduler::Rates PolynomialLR::closed_rates() const {
  const auto total = static_cast<double>(total_iters_);
  const auto epoch = static_cast<double>(std::min(total_iters_, last_epoch_));
  return from_base([&](double base) { return base * std::pow(1.0 - epoch / total, power_); });
}

void PolynomialLR::fields(StateFields& state) {
  state("total_iters", total_iters_);
  state("power", power_);
  LRScheduler::fields(state);
}

namespace {

std::vector<LrLambda> checked(const char* scheduler, std::vector<LrLambda> functions, std::size_t groups, bool each) {
  if (each && functions.size() != groups)
    throw ValueError(fmt::format("{}: Expected {} lr_lambdas, but got {}", scheduler, groups, functions.size()));
  for (const LrLambda& f : functions)
    if (!f) throw ValueError(fmt::format("{}: an empty function; one from epochs to factors is needed", scheduler));
  return functions;
}

void write_functions(StateFields& state, std::size_t groups) {
  if (state.writing()) state.write("lr_lambdas", List(groups));
}

}  // namespace

LambdaLR::LambdaLR(Optimizer& optimizer, LrLambda lr_lambda, SchedulerOptions options)
    : LRScheduler("LambdaLR", optimizer), lr_lambdas_(checked("LambdaLR", each_group(std::move(lr_lambda)), 1, false)) {
  start(options.last_epoch, options.verbose);
}

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<LrLambda> lr_lambda, SchedulerOptions options)
    : LRScheduler("LambdaLR", optimizer),
      lr_lambdas_(checked("LambdaLR", std::move(lr_lambda), optimizer.group_count(), true)) {
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates LambdaLR::next_rates() const {
  std::size_t group = 0;
  return from_base(
      [&](double base) { return base * lr_lambdas_[std::min(group++, lr_lambdas_.size() - 1)](last_epoch_); });
}

void LambdaLR::fields(StateFields& state) {
  LRScheduler::fields(state);
  write_functions(state, base_lrs_.size());
}

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, LrLambda lr_lambda, SchedulerOptions options)
    : LRScheduler("MultiplicativeLR", optimizer),
      lr_lambdas_(checked("MultiplicativeLR", each_group(std::move(lr_lambda)), 1, false)) {
  start(options.last_epoch, options.verbose);
}

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, std::vector<LrLambda> lr_lambda, SchedulerOptions options)
    : LRScheduler("MultiplicativeLR", optimizer),
      lr_lambdas_(checked("MultiplicativeLR", std::move(lr_lambda), optimizer.group_count(), true)) {
  start(options.last_epoch, options.verbose);
}

LRScheduler::Rates MultiplicativeLR::next_rates() const {
  Rates rates = scaled(1.0);
  if (last_epoch_ <= 0) return rates;
  rates.lr.resize(std::min(rates.lr.size(), base_lrs_.size()));
  for (std::size_t i = 0; i < rates.lr.size(); ++i)
    rates.lr[i] *= lr_lambdas_[std::min(i, lr_lambdas_.size() - 1)](last_epoch_);
  return rates;
}

void MultiplicativeLR::fields(StateFields& state) {
  LRScheduler::fields(state);
  write_functions(state, base_lrs_.size());
}

}  // namespace taper::optim::lr_scheduler
