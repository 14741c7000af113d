#include "nn/hooks.h"

#include <fmt/format.h>

#include "nn/tree.h"
#include "taper/autograd/function.h"
#include "taper/base/error.h"

namespace taper::nn {
namespace {

template <class Hook>
HookHandle add(Module& module, detail::Hooks*& hooks, std::vector<detail::HookEntry<Hook>> detail::HookLists::*list,
               Hook hook) {
  if (hooks == nullptr) hooks = std::make_unique<detail::Hooks>().release();
  const std::shared_ptr<detail::HookLists>& lists = hooks->lists;
  lists->module = &module;
  const std::uint64_t id = ++lists->last_id;
  ((*lists).*list).push_back({id, std::make_shared<const Hook>(std::move(hook))});
  return HookHandle([weak = std::weak_ptr<detail::HookLists>(lists), list, id] {
    if (const auto still = weak.lock())
      std::erase_if((*still).*list, [id](const auto& entry) { return entry.id == id; });
  });
}

}  // namespace

HookHandle Module::register_forward_pre_hook(ForwardPreHook hook) {
  return add(*this, hooks_, &detail::HookLists::before, std::move(hook));
}

HookHandle Module::register_forward_hook(ForwardHook hook) {
  return add(*this, hooks_, &detail::HookLists::after, std::move(hook));
}

HookHandle Module::register_full_backward_hook(FullBackwardHook hook) {
  return add(*this, hooks_, &detail::HookLists::backward, std::move(hook));
}

// All run a copy of the list: a hook may remove itself, or add another.

void Module::run_forward_pre_hooks(std::vector<Tensor>& inputs) const {
  const auto hooks = hooks_->lists->before;
  for (const auto& hook : hooks) {
    const std::size_t count = inputs.size();
    (*hook.call)(detail::writable(this), inputs);
    if (inputs.size() != count)
      throw ValueError(
          fmt::format("{}: a forward pre-hook made {} inputs of {}; it may replace them, not add or remove any", name(),
                      inputs.size(), count));
  }
}

void Module::run_forward_hooks(const std::vector<Tensor>& inputs, Tensor& output) const {
  const auto hooks = hooks_->lists->after;
  for (const auto& hook : hooks) {
    Tensor other = (*hook.call)(detail::writable(this), inputs, output);
    if (other.defined()) output = std::move(other);
  }
}

namespace detail {

struct BackwardHookState {
  std::shared_ptr<HookLists> lists;
  std::vector<HookEntry<FullBackwardHook>> hooks;  // as they were at the call
  std::size_t inputs = 0;
  std::vector<std::size_t> input_places;   // of those that are watched; none where none requires grad
  std::vector<std::size_t> output_places;  // of those that are defined
  std::vector<Tensor> grad_output;         // between the two ends of a backward

  std::vector<Tensor> run(std::vector<Tensor> grad_input);
  std::vector<Tensor> at_output(const std::vector<Tensor>& gradients, std::size_t outputs);
  std::vector<Tensor> at_input(const std::vector<Tensor>& gradients);
};

struct BackwardHookRun {
  std::shared_ptr<BackwardHookState> state;
};

namespace {

std::vector<Tensor> with_gaps(const std::vector<Tensor>& tensors, const std::vector<std::size_t>& places,
                              std::size_t count) {
  std::vector<Tensor> result(count);
  for (std::size_t i = 0; i < places.size(); ++i) result[places[i]] = tensors[i];
  return result;
}

// One end of a call: lets everything through, and tells the hooks of the gradients.
struct BackwardHookFunction : autograd::Function<BackwardHookFunction> {
  struct End {
    std::shared_ptr<BackwardHookState> state;
    std::size_t outputs = 0;  // of the call; none at its inputs' end
    bool at_output = false;
  };
  static std::vector<Tensor> forward(Context& ctx, const std::vector<Tensor>& tensors, const End& end) {
    std::vector<Tensor> constant;
    for (const Tensor& tensor : tensors)
      if (!tensor.requires_grad()) constant.push_back(tensor);
    ctx.mark_non_differentiable(std::move(constant));
    ctx.set(end);
    return tensors;
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& gradients) {
    const End& end = ctx.get<End>();
    return end.at_output ? end.state->at_output(gradients, end.outputs) : end.state->at_input(gradients);
  }
};

}  // namespace

std::vector<Tensor> BackwardHookState::run(std::vector<Tensor> grad_input) {
  for (const auto& hook : hooks) {
    if (lists->module == nullptr)
      throw GradError("register_full_backward_hook: the module lives no more; keep it until backward has run");
    std::vector<Tensor> others = (*hook.call)(*lists->module, grad_input, grad_output);
    if (others.empty()) continue;
    if (others.size() != grad_input.size())
      throw ValueError(fmt::format("{}: a full backward hook returned {} gradients for {} inputs",
                                   lists->module->name(), others.size(), grad_input.size()));
    grad_input = std::move(others);
  }
  grad_output.clear();
  return grad_input;
}

std::vector<Tensor> BackwardHookState::at_output(const std::vector<Tensor>& gradients, std::size_t outputs) {
  grad_output = with_gaps(gradients, output_places, outputs);
  if (!input_places.empty()) return gradients;
  for (const Tensor& gradient : run(std::vector<Tensor>(inputs)))
    if (gradient.defined())
      throw ValueError("register_full_backward_hook: a hook returned a gradient for an input that requires none");
  return gradients;
}

std::vector<Tensor> BackwardHookState::at_input(const std::vector<Tensor>& gradients) {
  // Gradients that came past the module's outputs are none of the hooks' business.
  if (grad_output.empty()) return gradients;
  const std::vector<Tensor> changed = run(with_gaps(gradients, input_places, inputs));
  std::vector<Tensor> result;
  for (const std::size_t place : input_places) result.push_back(changed[place]);
  return result;
}

namespace {

// Lets the tensors that are defined through the function, if any of them requires grad; returns their places.
template <class Get>
std::vector<std::size_t> watch(std::size_t count, const Get& get, const BackwardHookFunction::End& end) {
  std::vector<Tensor> tensors;
  std::vector<std::size_t> places;
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!get(i).defined()) continue;
    any |= get(i).requires_grad();
    tensors.push_back(get(i));
    places.push_back(i);
  }
  if (!any || !is_grad_enabled()) return {};
  const std::vector<Tensor> watched = BackwardHookFunction::apply(tensors, end);
  for (std::size_t i = 0; i < places.size(); ++i) get(places[i]) = watched[i];
  return places;
}

}  // namespace

HookedCall::HookedCall(const Module& module, std::initializer_list<const Tensor*> inputs) : module_(module) {
  for (const Tensor* input : inputs)
    if (input != nullptr) inputs_.push_back(*input);
  module.run_forward_pre_hooks(inputs_);
  if (module.hooks_->lists->backward.empty()) return;
  auto run = std::make_unique<BackwardHookRun>();
  run->state = std::make_shared<BackwardHookState>();
  run->state->lists = module.hooks_->lists;
  run->state->hooks = module.hooks_->lists->backward;
  run->state->inputs = inputs_.size();
  run->state->input_places =
      watch(inputs_.size(), [&](std::size_t i) -> Tensor& { return inputs_[i]; }, {run->state, 0, false});
  run_ = run.release();
}

HookedCall::~HookedCall() { delete run_; }

void HookedCall::add_output(Tensor& output) { outputs_.push_back(&output); }

void HookedCall::finish() {
  for (Tensor* output : outputs_) module_.run_forward_hooks(inputs_, *output);
  Tensor nothing;
  if (outputs_.empty()) module_.run_forward_hooks(inputs_, nothing);
  if (run_ == nullptr) return;
  run_->state->output_places = watch(outputs_.size(), [&](std::size_t i) -> Tensor& { return *outputs_[i]; },
                                     {run_->state, outputs_.size(), true});
}

}  // namespace detail
}  // namespace taper::nn
