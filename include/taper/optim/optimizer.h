#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "taper/base/callable.h"
#include "taper/tensor/tensor.h"

namespace taper::optim {

/// Parameters that share their options. The groups of an optimizer have its options as further members.
struct ParamGroup {
  std::vector<Tensor> params{};
  std::optional<double> initial_lr{};  ///< the rate that a scheduler started from
};

/// What all optimizers share (torch.optim.Optimizer). An optimizer holds handles on parameters and what it remembers of
/// each; a step reads the gradients and writes the parameters in place, outside the tape, so that their versions rise.
///
/// Constructors take parameters, or groups of them with options of their own; ValueError for no parameter at all, one
/// named twice, one that is a result (not a leaf), and for options outside their range, NaN and infinity included.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer();

  /// Drops the gradients of all parameters, or with `set_to_none` false sets them to zero.
  void zero_grad(bool set_to_none = true);
  /// Moves each parameter that has a gradient; the others stay as they are and their step count, too. Everything is
  /// checked before the first parameter changes: ValueError for options that were set out of range, TypeError for a
  /// gradient that the optimizer does not take, StateError for a parameter whose shape or dtype is no longer the one
  /// that its state was made for, and for a call while another thread is in step, zero_grad or add_param_group.
  void step();
  /// Calls `closure`, which computes and returns the loss, with recording switched on; then steps. Returns the loss.
  Tensor step(const Callable<Tensor()>& closure);
  /// PyTorch's text of the optimizer: its groups and their options.
  std::string str() const;

  /// What schedulers need to know of any optimizer. Where its type is known, param_groups() says the same and more.
  virtual std::size_t group_count() const = 0;
  virtual ParamGroup& group(std::size_t index) = 0;
  virtual double& lr(std::size_t group) = 0;
  /// The group's momentum or the first of its betas; null where the optimizer has neither.
  virtual double* momentum(std::size_t group) = 0;
  /// How often step() was called with success.
  std::int64_t step_count() const { return step_count_; }

 protected:
  /// What is remembered of one parameter, made at its first step.
  struct State {
    Tensor param;
    std::int64_t step = 0;
    Tensor slots[3];  ///< tensors of the parameter's shape; what each is, the optimizer says
  };
  /// An option's name and Python's text of its value.
  struct Option {
    const char* name;
    std::string value;
  };
  /// Held while parameters, gradients or groups change. StateError if another thread holds it.
  class InUse {
   public:
    InUse(Optimizer& optimizer, const char* call);
    ~InUse();
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    std::atomic<bool>& flag_;
  };

  explicit Optimizer(const char* name) : name_(name) {}
  Optimizer(Optimizer&& other) noexcept
      : name_(other.name_), states_(std::move(other.states_)), step_count_(other.step_count_) {}

  const char* name() const { return name_; }
  /// Throws unless `params` may become another group.
  void check_params(const std::vector<Tensor>& params) const;
  void check_not_empty() const;

 private:
  virtual const std::vector<Tensor>& group_params(std::size_t group) const = 0;
  /// In alphabetic order.
  virtual std::vector<Option> group_options(std::size_t group) const = 0;
  virtual void check_options(std::size_t group) const = 0;
  /// Throws for a gradient that this optimizer does not take; `what` names the parameter.
  virtual void check_gradient(const Tensor& grad, const std::string& what) const;
  /// One step of one parameter. `state.slots` are undefined and `state.step` is 0 at the first.
  virtual void update(std::size_t group, State& state, const Tensor& grad) = 0;

  std::string describe(const Tensor& param, std::size_t group, std::size_t index) const;
  const State* find_state(const Tensor& param, std::size_t hint) const;
  State& state_of(const Tensor& param, std::size_t hint);
  void check_step() const;

  const char* name_;
  std::vector<State> states_;
  std::int64_t step_count_ = 0;
  std::atomic<bool> in_use_{false};
};

/// An optimizer with groups of the type `GroupType`: a ParamGroup with that optimizer's options.
template <class GroupType>
class GroupedOptimizer : public Optimizer {
 public:
  using Group = GroupType;
  /// The groups; writing to an option takes effect at the next step: `optimizer.param_groups()[0].lr = 0.01`.
  std::vector<Group>& param_groups() { return groups_; }
  const std::vector<Group>& param_groups() const { return groups_; }

  std::size_t group_count() const final { return groups_.size(); }
  ParamGroup& group(std::size_t index) final { return groups_.at(index); }
  double& lr(std::size_t group) final { return groups_.at(group).lr; }
  double* momentum(std::size_t group) final {
    Group& g = groups_.at(group);
    if constexpr (requires { g.momentum; }) {
      return &g.momentum;
    } else if constexpr (requires { g.betas; }) {
      return &g.betas.first;
    } else {
      return nullptr;
    }
  }

 protected:
  using Optimizer::Optimizer;

 private:
  const std::vector<Tensor>& group_params(std::size_t group) const final { return groups_[group].params; }

  std::vector<Group> groups_;
};

/// str().
std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer);

}  // namespace taper::optim
