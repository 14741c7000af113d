#include "taper/optim/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "autograd/row_gradient.h"
#include "kernels/rows.h"
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
void check_sparse(const char* op, const Tensor& grad, const Tensor& param, const std::string& what) {
  const Tensor indices = grad.indices().contiguous();
  if (indices.dim() != 2 || indices.size(0) != 1)
    throw TypeError(fmt::format("{}: {} has a sparse gradient with {} sparse dimensions; only one is supported", op,
                                what, indices.dim() == 2 ? indices.size(0) : 0));
  const auto* rows = indices.data<std::int64_t>();
  const std::int64_t bad = kernels::find_bad_index(rows, indices.size(1), param.size(0));
  if (bad >= 0)
    throw IndexError(fmt::format("{}: the gradient of {} names row {}, which is outside [0, {})", op, what, rows[bad],
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
  if (flag_.exchange(true, std::memory_order_acquire))
    throw StateError(
        fmt::format("{}.{}: another thread is changing this optimizer or its parameters; let one thread "
                    "step, or lock around it",
                    optimizer.name_, call));
}

Optimizer::InUse::~InUse() { flag_.store(false, std::memory_order_release); }

Optimizer::~Optimizer() = default;

std::string Optimizer::describe(const Tensor& param, std::size_t group, std::size_t index) const {
  const taper::detail::Extra* extra = param.get().extra;
  if (extra != nullptr && !extra->name.empty()) return fmt::format("parameter '{}'", extra->name);
  return fmt::format("parameter {} of group {}", index, group);
}

void Optimizer::check_params(const std::vector<Tensor>& params) const {
  const std::size_t group = group_count();
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined())
      throw ValueError(fmt::format("{}: parameter {} of group {} is undefined", name_, i, group));
    const Tensor& p = params[i];
    const std::string what = describe(p, group, i);
    if (!p.is_leaf() && !retains_grad(p))
      throw ValueError(
          fmt::format("{}: can't optimize a non-leaf Tensor: {} is the result of {}; hand over the tensor "
                      "that it was computed from",
                      name_, what, p.grad_fn_name()));
    if (p.is_sparse()) throw ValueError(fmt::format("{}: {} is sparse; parameters must be dense", name_, what));
    if (expanded(p))
      throw ValueError(
          fmt::format("{}: {} is expanded: several of its elements are one number in memory; hand over its "
                      "clone()",
                      name_, what));
    if (std::any_of(params.begin(), params.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const Tensor& t) { return t.is(p); }))
      throw ValueError(fmt::format("{}: {} appears twice: duplicate parameters in one group", name_, what));
    for (std::size_t g = 0; g < group; ++g)
      if (contains(group_params(g), p))
        throw ValueError(fmt::format(
            "{}: some parameters appear in more than one parameter group: {} is also in group {}", name_, what, g));
  }
}

void Optimizer::check_not_empty() const {
  for (std::size_t g = 0; g < group_count(); ++g)
    if (!group_params(g).empty()) return;
  throw ValueError(fmt::format("{}: optimizer got an empty parameter list", name_));
}

void Optimizer::check_gradient(const Tensor&, const std::string&) const {}

// States are made in the order of the first steps, so a parameter's place among all is where its state is likely to be.
const Optimizer::State* Optimizer::find_state(const Tensor& param, std::size_t hint) const {
  if (hint < states_.size() && states_[hint].param.is(param)) return &states_[hint];
  for (const State& state : states_)
    if (state.param.is(param)) return &state;
  return nullptr;
}

Optimizer::State& Optimizer::state_of(const Tensor& param, std::size_t hint) {
  if (const State* found = find_state(param, hint)) return const_cast<State&>(*found);
  states_.push_back({param, 0, {}});
  return states_.back();
}

void Optimizer::check_step() const {
  std::size_t position = 0;
  for (std::size_t g = 0; g < group_count(); ++g) {
    check_options(g);
    const std::vector<Tensor>& params = group_params(g);
    for (std::size_t i = 0; i < params.size(); ++i, ++position) {
      const Tensor& p = params[i];
      const Tensor grad = taper::detail::held_gradient(p);
      if (!grad.defined()) continue;
      const std::string what = describe(p, g, i);
      if (grad.shape() != p.shape() || grad.dtype() != p.dtype())
        throw StateError(
            fmt::format("{}: {} is {} but its gradient is {}; call zero_grad() after changing a parameter's "
                        "shape or dtype",
                        name_, what, kind(p), kind(grad)));
      if (grad.is_sparse() && !taper::detail::is_row_held(grad)) check_sparse(name_, grad, p, what);
      check_gradient(grad, what);
      const State* state = find_state(p, position);
      if (state == nullptr) continue;
      for (const Tensor& slot : state->slots)
        if (slot.defined() && (slot.shape() != p.shape() || slot.dtype() != p.dtype()))
          throw StateError(
              fmt::format("{}: {} is {} but the optimizer's state was made for {}; make a new optimizer after "
                          "changing a parameter's shape or dtype",
                          name_, what, kind(p), kind(slot)));
    }
  }
}

void Optimizer::step() {
  const InUse in_use(*this, "step");
  const NoGradGuard no_grad;
  check_step();
  std::size_t position = 0;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& p : group_params(g)) {
      if (const Tensor grad = taper::detail::held_gradient(p); grad.defined()) update(g, state_of(p, position), grad);
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
    for (const Tensor& p : group_params(g)) {
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
  std::string text = fmt::format("{} (", name_);
  for (std::size_t g = 0; g < group_count(); ++g) {
    text += fmt::format("\nParameter Group {}\n", g);
    for (const Option& option : group_options(g)) text += fmt::format("    {}: {}\n", option.name, option.value);
  }
  return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer) { return out << optimizer.str(); }

}  // namespace taper::optim
