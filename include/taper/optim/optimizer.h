#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "taper/base/callable.h"
#include "taper/tensor/tensor.h"
#include "taper/tensor/value.h"

namespace taper::optim {

/// Parameters that share their options. The groups of an optimizer have its options as further members.
struct ParamGroup {
  std::vector<Tensor> params{};
  std::optional<double> initial_lr{};  ///< the rate that a scheduler started from
  /// What else PyTorch keeps in a group: foreach, fused, a scheduler's own numbers. Nothing is done with it, but it is
  /// read from a state, kept, and written again.
  Dict others{};
};

namespace detail {

/// What an optimizer is called and what it remembers: see optim/layout.h.
struct Layout;

class Resting;
struct State;

/// Owns what is known of a table's resting rows, if anything: see optim/resting.h.
class RestingOwner {
 public:
  RestingOwner() = default;
  RestingOwner(RestingOwner&& other) noexcept : resting_(std::exchange(other.resting_, nullptr)) {}
  RestingOwner& operator=(RestingOwner&& other) noexcept {
    std::swap(resting_, other.resting_);
    return *this;
  }
  ~RestingOwner() {
    if (resting_ != nullptr) end(resting_);
  }
  Resting* get() const { return resting_; }
  Resting& start(const State& state);
  void reset() { *this = RestingOwner(); }

 private:
  static void end(Resting* resting);
  Resting* resting_ = nullptr;
};

/// What is remembered of one parameter, made at its first step.
struct State {
  Tensor param;
  std::int64_t step = 0;
  Tensor slots[3]{};
  RestingOwner resting{};
};

}  // namespace detail

class Optimizer;

/// A reference to an optimizer that knows when the optimizer has gone, and finds it where it has moved to.
class OptimizerLink {
 public:
  explicit OptimizerLink(Optimizer& optimizer);
  OptimizerLink(const OptimizerLink&) = delete;
  OptimizerLink& operator=(const OptimizerLink&) = delete;
  ~OptimizerLink();
  /// Null where it has gone.
  Optimizer* get() const;

 private:
  friend class Optimizer;
  struct Anchor;
  static void release(Anchor* anchor);

  Anchor* anchor_;
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
  /// From now on step() looks through all gradients before it changes anything, and throws a NumericError that names
  /// the parameter, the row and the step where it finds a NaN or an infinity: "Adam: grad of 'tok.weight' row 7, step
  /// 120 is nan". (Which operation's backward made a NaN, autograd::DetectAnomaly finds.)
  void check_finite(bool on = true) { checks_finite_ = on; }
  /// PyTorch's text of the optimizer: its groups and their options.
  std::string str() const;

  /// PyTorch's state, names and kinds the same: {'state': {0: {'step': ..., 'exp_avg': ...}}, 'param_groups': [{'lr':
  /// ..., 'params': [0, 1]}]}, where numbers count the parameters of all groups. Its tensors are the optimizer's own,
  /// which the next step changes.
  Dict state_dict() const;
  /// Takes over such a state, PyTorch's or Taper's, with a copy of its tensors in the dtype of their parameters, and
  /// with the options of its groups. StateError for groups of other sizes, for tensors of other shapes, and for what
  /// is missing or unknown, naming the parameter; ValueError for options outside their range. The optimizer is then as
  /// before.
  void load_state_dict(const Value& state);

  /// What schedulers need to know of any optimizer. Where its type is known, param_groups() says the same and more.
  virtual std::size_t group_count() const = 0;
  virtual ParamGroup& group(std::size_t index) = 0;
  virtual const ParamGroup& group(std::size_t index) const = 0;
  virtual double& lr(std::size_t group) = 0;
  /// The group's momentum or the first of its betas; null where the optimizer has neither.
  virtual double* momentum(std::size_t group) = 0;
  /// How often step() was called with success.
  std::int64_t step_count() const { return step_count_; }

 protected:
  /// Held while parameters, gradients or groups change. StateError if another thread holds it.
  class InUse {
   public:
    InUse(Optimizer& optimizer, const char* call);
    ~InUse();
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    bool& flag_;
  };

  explicit Optimizer(const detail::Layout& layout) : layout_(layout) {}
  Optimizer(Optimizer&& other) noexcept;

  const char* name() const;
  /// Throws unless `params` may become another group.
  void check_params(const std::vector<Tensor>& params) const;
  void check_not_empty() const;
  detail::State& state_of(const Tensor& param, std::size_t group, std::size_t hint);

 private:
  friend class OptimizerLink;

  /// A group's options under PyTorch's names, in PyTorch's order.
  virtual Dict group_options(std::size_t group) const = 0;
  /// Sets the options of all groups to those of `saved`, or throws and sets none.
  virtual void set_group_options(const List& saved) = 0;
  virtual void check_options(std::size_t group) const = 0;
  /// Throws where the group's options allow no sparse gradient; `what` names the parameter.
  virtual void check_sparse(std::size_t group, const std::string& what) const = 0;
  /// Makes what a parameter's first step finds remembered; false where it is nothing out of the ordinary.
  virtual bool start(std::size_t group, detail::State& state) const = 0;
  /// One step of one parameter, which `state.step` has counted.
  virtual void update(std::size_t group, detail::State& state, const Tensor& grad) = 0;

  std::string describe(const Tensor& param, std::size_t group, std::size_t index) const;
  const detail::State* find_state(const Tensor& param, std::size_t hint) const;
  void check_step() const;
  void check_gradient(std::size_t group, std::size_t index, const Tensor& grad, const detail::State* state) const;
  Dict dict_of(const detail::State& state) const;
  detail::State read_state(const Tensor& param, const std::string& what, const Dict& saved) const;
  std::vector<detail::State> read_states(const Dict& states, const List& groups) const;

  const detail::Layout& layout_;
  std::vector<detail::State> states_;
  std::int64_t step_count_ = 0;
  bool checks_finite_ = false;
  OptimizerLink::Anchor* anchor_ = nullptr;  // what links hold on to
  bool in_use_ = false;                      // written through std::atomic_ref
};

/// An optimizer whose groups have `Options`; a `GivenGroup` is a group as it is handed over, which may leave options
/// out.
template <class Options, class GivenGroup>
class GroupedOptimizer : public Optimizer {
 public:
  struct Group : ParamGroup, Options {};

  explicit GroupedOptimizer(const std::vector<Tensor>& params, const Options& options = {});
  explicit GroupedOptimizer(const std::vector<GivenGroup>& groups, const Options& options = {});
  GroupedOptimizer(std::initializer_list<Tensor> params, const Options& options = {})
      : GroupedOptimizer(std::vector<Tensor>(params), options) {}
  GroupedOptimizer(std::initializer_list<GivenGroup> groups, const Options& options = {})
      : GroupedOptimizer(std::vector<GivenGroup>(groups), options) {}
  template <std::derived_from<Tensor> T>
  explicit GroupedOptimizer(const T& param, const Options& options = {})
      : GroupedOptimizer(std::vector<Tensor>{param}, options) {}

  GroupedOptimizer(GroupedOptimizer&& other) noexcept;
  ~GroupedOptimizer() override;

  /// ValueError as for the constructors; the optimizer is then as before.
  void add_param_group(const GivenGroup& group);

  /// The groups; writing to an option takes effect at the next step: `optimizer.param_groups()[0].lr = 0.01`.
  std::vector<Group>& param_groups() { return groups_; }
  const std::vector<Group>& param_groups() const { return groups_; }

  std::size_t group_count() const final { return groups_.size(); }
  ParamGroup& group(std::size_t index) final { return groups_.at(index); }
  const ParamGroup& group(std::size_t index) const final { return groups_.at(index); }
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

 private:
  Dict group_options(std::size_t group) const final;
  void set_group_options(const List& saved) final;
  void check_options(std::size_t group) const final;
  void check_sparse(std::size_t group, const std::string& what) const final;
  bool start(std::size_t group, detail::State& state) const final;
  void update(std::size_t group, detail::State& state, const Tensor& grad) final;

  Options defaults_;
  std::vector<Group> groups_;
};

/// str().
std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer);

}  // namespace taper::optim
