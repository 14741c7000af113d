#include "optim/resting.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "autograd/row_gradient.h"
#include "optim/param.h"

namespace taper::optim::detail {
namespace {

using kernels::StepScalars;
using taper::detail::numbers_now;
using taper::detail::raw_version;

// A step by rows in no order costs about three times as much for each as the plain loop does.
constexpr std::size_t most_moving = 4;  // of this many rows, one
// When all rows have to be looked at again, that costs as much as several plain steps: not at every change.
constexpr std::int64_t after_a_change = 16;
constexpr std::int64_t after_too_many = 256;

// A number whose first moment is not 0 changes by no less than this, since roundings end the moment's decay.
template <class T>
double least_change(const StepScalars& s) {
  return -s.step * static_cast<double>(std::numeric_limits<T>::denorm_min()) / (1 - s.beta1) / s.eps;
}

// Whether a row's changes shrink from now on: the first moment has to fall quicker than the root of the second.
bool changes_shrink(const StepScalars& s, std::int64_t step) {
  const double next_bias2 = std::sqrt(1 - std::pow(s.beta2, static_cast<double>(step + 1)));
  return s.beta1 * next_bias2 / s.bias2 < 0.99 * std::sqrt(s.beta2);
}

// So few that the rows which move stay fewer than most_moving allows.
bool touches_few_rows(const Tensor& row_held) {
  return row_held.get().extra->indices.numel() * static_cast<std::int64_t>(most_moving) <= row_held.size(0);
}

bool has_frozen_rows(const Tensor& param) {
  const taper::detail::Extra* parts = param.get().extra;
  return parts != nullptr && parts->frozen.defined() && parts->frozen.numel() != 0;
}

}  // namespace

Resting& RestingOwner::start(const State& state) {
  resting_ = std::make_unique<Resting>(state).release();
  return *resting_;
}

void RestingOwner::end(Resting* resting) { std::default_delete<Resting>()(resting); }

Resting::Resting(const State& state) : current_(static_cast<std::size_t>(state.param.size(0))) {
  wait(state.step == 1 ? 0 : after_a_change);
}

void Resting::wait(std::int64_t plain_steps) {
  plain_steps_ = plain_steps;
  largest_step_ = std::numeric_limits<double>::infinity();
  std::fill(current_.begin(), current_.end(), -1);
  moving_.resize(current_.size());
  std::iota(moving_.begin(), moving_.end(), 0);
}

// A pointer to a parameter's numbers ends at a step.
void Resting::leave(const State& state, std::uint32_t version) {
  version_ = version;
  state.param.get().storage->shown.store(false, std::memory_order_relaxed);
}

bool Resting::is_as_left(const State& state, const StepScalars& s) const {
  if (raw_version(state.param.get()) != version_ || taper::detail::is_shown(state.param)) return false;
  return s.beta1 == scalars_.beta1 && s.beta2 == scalars_.beta2 && s.eps == scalars_.eps && s.sign == scalars_.sign &&
         -s.step <= largest_step_;
}

void Resting::catch_up(const State& state, const std::vector<std::int64_t>& rows, std::int64_t steps) {
  std::vector<std::int64_t> missed(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::int64_t& current = current_[static_cast<std::size_t>(rows[i])];
    if (current < 0) continue;
    missed[i] = steps - current;
    current = steps;
  }
  taper::detail::dispatch_floating(state.param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::adam_catch_up(rows.data(), missed.data(), static_cast<std::int64_t>(rows.size()), state.param.size(1),
                           numbers_now<T>(state.slots[0]), numbers_now<T>(state.slots[1]), scalars_);
  });
}

void Resting::catch_up(const State& state, std::int64_t steps) {
  if (!rests_any()) return;
  std::vector<std::int64_t> rows(current_.size());
  std::iota(rows.begin(), rows.end(), 0);
  catch_up(state, rows, steps);
}

bool Resting::step(const State& state, const Tensor& grad, const StepScalars& s) {
  if (rests_any() && !is_as_left(state, s)) {
    catch_up(state, state.step - 1);
    wait(after_a_change);
  }
  scalars_ = s;
  leave(state, raw_version(state.param.get()) + 1);
  if (plain_steps_ > 0) {
    --plain_steps_;
    return false;
  }
  move(state, grad, s);
  taper::detail::bump_version(state.param);
  if (moving_.size() > current_.size() / most_moving) {
    catch_up(state, state.step);
    wait(after_too_many);
  }
  return true;
}

void Resting::move(const State& state, const Tensor& grad, const StepScalars& s) {
  const RowList list(grad);
  std::vector<std::int64_t> touched(list.rows(), list.rows() + list.count);
  catch_up(state, touched, state.step - 1);
  for (const std::int64_t row : touched) current_[static_cast<std::size_t>(row)] = state.step;
  std::vector<std::int64_t> idle;
  idle.reserve(moving_.size());
  for (const std::int64_t row : moving_)
    if (current_[static_cast<std::size_t>(row)] < 0) idle.push_back(row);
  std::vector<kernels::Rests> rests(idle.size());
  taper::detail::dispatch_floating(state.param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const kernels::StepArrays<T> arrays{numbers_now<T>(state.param), list.numbers<T>(), numbers_now<T>(state.slots[0]),
                                        numbers_now<T>(state.slots[1])};
    kernels::optimizer_step_rows(kernels::Rule::adam, touched.data(), list.count, list.dim, arrays, s);
    kernels::adam_step_idle(idle.data(), static_cast<std::int64_t>(idle.size()), state.param.size(1), arrays, s,
                            least_change<T>(s), rests.data());
  });
  for (const std::int64_t row : touched) current_[static_cast<std::size_t>(row)] = -1;
  moving_ = std::move(touched);
  const bool shrink = changes_shrink(s, state.step);
  for (std::size_t i = 0; i < idle.size(); ++i) {
    if (rests[i] == kernels::Rests::no || (rests[i] == kernels::Rests::while_changes_shrink && !shrink)) {
      moving_.push_back(idle[i]);
      continue;
    }
    current_[static_cast<std::size_t>(idle[i])] = state.step;
    if (rests[i] == kernels::Rests::while_changes_shrink)
      largest_step_ = std::min(largest_step_, -2 * s.step);  // the kernel's margin is 4
  }
}

bool step_by_rows(State& state, const Tensor& grad, const StepScalars& scalars, bool amsgrad) {
  // Moments that somebody else holds are to be seen at every step.
  const bool may = taper::detail::is_row_held(grad) && touches_few_rows(grad) && !amsgrad &&
                   scalars.weight_decay == 0 && scalars.eps > 0 && state.param.is_contiguous() &&
                   !has_frozen_rows(state.param) && taper::detail::is_unique(state.slots[0]) &&
                   taper::detail::is_unique(state.slots[1]);
  if (!may) {
    if (Resting* resting = state.resting.get()) {
      resting->catch_up(state, state.step - 1);
      state.resting.reset();
    }
    return false;
  }
  taper::detail::before_change(state.param);
  Resting* known = state.resting.get();
  Resting& resting = known != nullptr ? *known : state.resting.start(state);
  return resting.step(state, taper::detail::with_rows_summed(grad), scalars);
}

}  // namespace taper::optim::detail
