#include "taper/optim/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <ostream>

#include "autograd/row_gradient.h"
#include "kernels/rows.h"
#include "optim/finite.h"
#include "optim/layout.h"
#include "optim/param.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::optim {
namespace {

bool expanded(const Tensor& x) {
  for (int d = 0; d < x.dim(); ++d)
    if (x.strides()[d] == 0 && x.shape()[d] > 1) return true;
  return false;
}

bool retains_grad(const Tensor& x) {
  const taper::detail::Extra* extra = x.get().extra;
  return extra != nullptr && extra->retains_grad;
}

bool contains(const std::vector<Tensor>& tensors, const Tensor& x) {
  return std::any_of(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.is(x); });
}

std::string kind(const Tensor& x) { return fmt::format("{} {}", taper::name(x.dtype()), to_string(x.shape())); }

// Rows of a table, all of them there.
template <class What>
void check_rows(const char* op, const Tensor& grad, const Tensor& param, const What& what) {
  const Tensor indices = grad.indices().contiguous();
  if (indices.dim() != 2 || indices.size(0) != 1)
    throw TypeError(fmt::format("{}: {} has a sparse gradient with {} sparse dimensions; only one is supported", op,
                                what(), indices.dim() == 2 ? indices.size(0) : 0));
  const auto* rows = indices.data<std::int64_t>();
  const std::int64_t bad = kernels::find_bad_index(rows, indices.size(1), param.size(0));
  if (bad >= 0)
    throw IndexError(fmt::format("{}: the gradient of {} names row {}, which is outside [0, {})", op, what(), rows[bad],
                                 param.size(0)));
}

void set_to_zero(const Tensor& param) {
  const NoGradGuard no_grad;
  Tensor grad = param.grad();
  if (grad.is_sparse()) {
    Shape shape = grad.values().shape();
    shape[0] = 0;
    param.set_grad(taper::detail::make_sparse(taper::detail::make_tensor({1, 0}, int64),
                                              taper::detail::make_tensor(shape, grad.dtype()), grad.shape(), true));
    return;
  }
  grad.detach_().zero_();
}

}  // namespace

Optimizer::InUse::InUse(Optimizer& optimizer, const char* call) : flag_(optimizer.in_use_) {
  if (std::atomic_ref(flag_).exchange(true, std::memory_order_acquire))
    throw StateError(
        fmt::format("{}.{}: another thread is changing this optimizer or its parameters; let one thread "
                    "step, or lock around it",
                    optimizer.name(), call));
}

Optimizer::InUse::~InUse() { std::atomic_ref(flag_).store(false, std::memory_order_release); }

struct OptimizerLink::Anchor {
  Optimizer* optimizer;
  taper::detail::RefCount holders{};
};

OptimizerLink::OptimizerLink(Optimizer& optimizer) {
  if (optimizer.anchor_ == nullptr) optimizer.anchor_ = new Anchor{&optimizer};
  anchor_ = optimizer.anchor_;
  anchor_->holders.add();
}

Optimizer* OptimizerLink::get() const { return anchor_->optimizer; }

OptimizerLink::~OptimizerLink() { release(anchor_); }

void OptimizerLink::release(Anchor* anchor) {
  if (anchor->holders.drop()) delete anchor;
}

Optimizer::~Optimizer() {
  if (anchor_ == nullptr) return;
  anchor_->optimizer = nullptr;
  OptimizerLink::release(anchor_);
}

Optimizer::Optimizer(Optimizer&& other) noexcept
    : layout_(other.layout_),
      states_(std::move(other.states_)),
      step_count_(other.step_count_),
      checks_finite_(other.checks_finite_),
      anchor_(std::exchange(other.anchor_, nullptr)) {
  if (anchor_ != nullptr) anchor_->optimizer = this;
}

const char* Optimizer::name() const { return layout_.name; }

std::string Optimizer::describe(const Tensor& param, std::size_t group, std::size_t index) const {
  const taper::detail::Extra* extra = param.get().extra;
  if (extra != nullptr && !extra->name.empty()) return fmt::format("parameter '{}'", extra->name);
  return fmt::format("parameter {} of group {}", index, group);
}

void Optimizer::check_params(const std::vector<Tensor>& params) const {
  const std::size_t count = group_count();
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined())
      throw ValueError(fmt::format("{}: parameter {} of group {} is undefined", name(), i, count));
    const Tensor& p = params[i];
    const std::string what = describe(p, count, i);
    if (!p.is_leaf() && !retains_grad(p))
      throw ValueError(
          fmt::format("{}: can't optimize a non-leaf Tensor: {} is the result of {}; hand over the tensor "
                      "that it was computed from",
                      name(), what, p.grad_fn_name()));
    if (p.is_sparse()) throw ValueError(fmt::format("{}: {} is sparse; parameters must be dense", name(), what));
    if (expanded(p))
      throw ValueError(
          fmt::format("{}: {} is expanded: several of its elements are one number in memory; hand over its "
                      "clone()",
                      name(), what));
    if (std::any_of(params.begin(), params.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const Tensor& t) { return t.is(p); }))
      throw ValueError(fmt::format("{}: {} appears twice: duplicate parameters in one group", name(), what));
    for (std::size_t g = 0; g < count; ++g)
      if (contains(group(g).params, p))
        throw ValueError(fmt::format(
            "{}: some parameters appear in more than one parameter group: {} is also in group {}", name(), what, g));
  }
}

void Optimizer::check_not_empty() const {
  for (std::size_t g = 0; g < group_count(); ++g)
    if (!group(g).params.empty()) return;
  throw ValueError(fmt::format(
      "{}: optimizer got an empty parameter list; does the module's TAPER_MODULE list its members?", name()));
}

// States are made in the order of the first steps, so a parameter's place among all is where its state is likely to be.
const detail::State* Optimizer::find_state(const Tensor& param, std::size_t hint) const {
  if (hint < states_.size() && states_[hint].param.is(param)) return &states_[hint];
  for (const detail::State& state : states_)
    if (state.param.is(param)) return &state;
  return nullptr;
}

detail::State& Optimizer::state_of(const Tensor& param, std::size_t group, std::size_t hint) {
  if (const detail::State* found = find_state(param, hint)) return const_cast<detail::State&>(*found);
  detail::State state{param};
  if (!start(group, state))
    for (std::size_t i = 0; i < std::size(layout_.slots); ++i)
      if (layout_.slots[i].name && layout_.slots[i].kind != detail::SlotKind::sometimes)
        detail::fill_slot(layout_, state, i);
  return states_.emplace_back(std::move(state));
}

void Optimizer::check_step() const {
  std::size_t position = 0;
  for (std::size_t g = 0; g < group_count(); ++g) {
    check_options(g);
    const std::vector<Tensor>& params = group(g).params;
    for (std::size_t i = 0; i < params.size(); ++i, ++position)
      if (const Tensor grad = taper::detail::held_gradient(params[i]); grad.defined())
        check_gradient(g, i, grad, find_state(params[i], position));
  }
}

void Optimizer::check_gradient(std::size_t g, std::size_t i, const Tensor& grad, const detail::State* state) const {
  const Tensor& p = group(g).params[i];
  const auto what = [&] { return describe(p, g, i); };
  if (grad.shape() != p.shape() || grad.dtype() != p.dtype())
    throw StateError(
        fmt::format("{}: {} is {} but its gradient is {}; call zero_grad() after changing a parameter's "
                    "shape or dtype",
                    name(), what(), kind(p), kind(grad)));
  const bool sparse = grad.is_sparse() && !taper::detail::is_row_held(grad);
  if (!sparse && layout_.gradients == detail::Gradients::sparse)
    throw TypeError(fmt::format("{}: {} has a dense gradient; use Adam, or build the table with {{.sparse = true}}",
                                name(), what()));
  if (sparse) {
    if (layout_.gradients == detail::Gradients::dense)
      throw TypeError(
          fmt::format("{}: {} has a sparse gradient, and {} does not support sparse gradients; use SparseAdam, Adagrad "
                      "or SGD, or build the table without {{.sparse = true}}",
                      name(), what(), name()));
    try {
      check_sparse(g, {});
    } catch (const TypeError&) {  // again, for a message with the name, which costs more than a small step
      check_sparse(g, what());
    }
    check_rows(name(), grad, p, what);
  }
  if (checks_finite_) detail::check_finite(name(), grad, what(), step_count_ + 1);
  if (state == nullptr) return;
  for (std::size_t s = 0; s < std::size(layout_.slots); ++s) {
    const Tensor& slot = state->slots[s];
    if (slot.defined() && layout_.slots[s].kind != detail::SlotKind::product &&
        (slot.shape() != p.shape() || slot.dtype() != p.dtype()))
      throw StateError(
          fmt::format("{}: {} is {} but the optimizer's state was made for {}; make a new optimizer after "
                      "changing a parameter's shape or dtype",
                      name(), what(), kind(p), kind(slot)));
  }
}

void Optimizer::step() {
  const InUse in_use(*this, "step");
  const NoGradGuard no_grad;
  check_step();
  std::size_t position = 0;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& p : group(g).params) {
      if (const Tensor grad = taper::detail::held_gradient(p); grad.defined()) {
        detail::State& state = state_of(p, g, position);
        ++state.step;
        detail::FrozenRows frozen(p);
        update(g, state, grad);
        frozen.restore();
      }
      ++position;
    }
  }
  ++step_count_;
}

Tensor Optimizer::step(const Callable<Tensor()>& closure) {
  Tensor loss;
  {
    const EnableGradGuard recording;
    loss = closure();
  }
  step();
  return loss;
}

void Optimizer::zero_grad(bool set_to_none) {
  const InUse in_use(*this, "zero_grad");
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& p : group(g).params) {
      if (!taper::detail::held_gradient(p).defined()) continue;
      if (set_to_none) {
        p.set_grad(Tensor());
      } else {
        set_to_zero(p);
      }
    }
  }
}

std::string Optimizer::str() const {
  std::string text = fmt::format("{} (", name());
  for (std::size_t g = 0; g < group_count(); ++g) {
    text += fmt::format("\nParameter Group {}\n", g);
    std::map<std::string, std::string> lines;
    for (const auto& [key, value] : group_options(g))
      lines[key.text()] = value.kind() == Value::Kind::string ? value.as<std::string>() : value.str();
    for (const auto& [key, value] : lines) text += fmt::format("    {}: {}\n", key, value);
  }
  return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer) { return out << optimizer.str(); }

}  // namespace taper::optim
