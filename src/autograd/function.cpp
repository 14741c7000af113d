#include "taper/autograd/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/ops/create.h"
#include "tensor/make.h"

namespace taper::autograd {
namespace detail {

struct ContextState {
  std::vector<Tensor> arguments;  // until the recording is closed
  std::vector<bool> wanted;       // by argument
  std::vector<bool> is_tensor;    // by argument
  std::vector<Like> likes;        // by argument; of no meaning where it is not a tensor
  std::vector<Tensor> to_save;    // until the recording is closed
  std::vector<taper::detail::SavedTensor> saved;
  std::vector<Like> outputs;
  std::vector<Tensor> non_differentiable;  // until the recording is closed, as dirty
  std::vector<Tensor> dirty;
  Holder holder;
  bool recorded = false;
  bool materialize = true;
  taper::detail::Node* node = nullptr;
  FunctionType type{};

  static void apply(taper::detail::Node& node, Grads& dx);
  std::vector<Tensor> run_backward(const Context& context, Grads& dx);
  void check_dirty(const std::vector<Tensor>& given, const std::vector<Tensor>& returned) const;
  static void destroy(void* payload) { static_cast<Context*>(payload)->~Context(); }
  // Backward may go a second time through one that saved no tensors.
  static constexpr taper::detail::NodeType saving{&apply, &destroy, true};
  static constexpr taper::detail::NodeType not_saving{&apply, &destroy, false};
};

namespace {

bool contains(const std::vector<Tensor>& list, const Tensor& tensor) {
  return std::any_of(list.begin(), list.end(), [&](const Tensor& t) { return t.is(tensor); });
}

// Whether a tensor of shape `from` broadcasts to `to`.
bool broadcasts(const Shape& from, const Shape& to) {
  const int added = to.size() - from.size();
  if (added < 0) return false;
  for (int d = 0; d < from.size(); ++d)
    if (from[d] != 1 && from[d] != to[d + added]) return false;
  return true;
}

Tensor checked_gradient(const taper::detail::Node& node, std::size_t i, const Tensor& gradient, const Like& like) {
  if (gradient.shape() == like.shape) return gradient.to(like.dtype);
  if (!broadcasts(like.shape, gradient.shape()))
    throw ShapeError(fmt::format("{}: backward returned a gradient of shape {} for argument {} of shape {}", node.name,
                                 to_string(gradient.shape()), i, to_string(like.shape)));
  return taper::detail::sum_to(gradient, like);
}

// Gradients that know of their origin, and of nothing behind it.
std::vector<Tensor> differentiated_once(std::vector<Tensor> result, const std::vector<Tensor>& gradients,
                                        const char* name) {
  std::vector<Tensor> causes;
  for (const Tensor& gradient : gradients)
    if (gradient.defined() && gradient.requires_grad()) causes.push_back(gradient);
  if (causes.empty()) return result;
  for (Tensor& gradient : result)
    if (gradient.defined())
      gradient = record_list("DelayedError", taper::detail::alias(gradient), causes, saved(std::string(name)),
                             [](Grads&, const Tensor&, const std::string& function) {
                               throw GradError(fmt::format(
                                   "{}: a second derivative is wanted, but backward is once_differentiable", function));
                             });
  return result;
}

// An argument handed through is another tensor from here on, a view of it.
Tensor handed_through(const Tensor& argument) {
  Tensor view = taper::detail::alias(argument);
  taper::detail::TensorImpl& impl = view.get();
  if (impl.inference || argument.is_sparse()) return view;
  impl.base = argument.get().base != nullptr ? argument.get().base : argument.impl();
  retain(impl.base);
  impl.view_version = taper::detail::raw_version(impl);
  return view;
}

}  // namespace

std::vector<Tensor> ContextState::run_backward(const Context& context, Grads& dx) {
  std::vector<Tensor> gradients(outputs.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    gradients[i] = std::move(dx.gradient(i));
    if (!gradients[i].defined() && materialize) gradients[i] = zeros(outputs[i].shape, {.dtype = outputs[i].dtype});
  }
  try {
    if (!type.once_differentiable) return type.backward(const_cast<Context&>(context), gradients);
    std::vector<Tensor> result;
    {
      const NoGradGuard unrecorded;
      result = type.backward(const_cast<Context&>(context), gradients);
    }
    return dx.recording() ? differentiated_once(std::move(result), gradients, node->name) : result;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    if (const std::string origin = taper::detail::origin_of(*node); !origin.empty())
      warn(fmt::format("{} threw \"{}\"{}", node->name, e.what(), origin));
    throw;
  }
}

void ContextState::apply(taper::detail::Node& node, Grads& dx) {
  Context& context = *static_cast<Context*>(node.payload());
  ContextState& state = *context.state_;
  const std::vector<Tensor> result = state.run_backward(context, dx);
  const auto tensors = static_cast<std::size_t>(std::count(state.is_tensor.begin(), state.is_tensor.end(), true));
  if (result.size() != tensors && result.size() != state.is_tensor.size())
    throw ValueError(
        fmt::format("{}: backward returned {} gradients for {} tensor arguments", node.name, result.size(), tensors));
  std::size_t next = 0;
  int edge = 0;
  for (std::size_t i = 0; i < state.is_tensor.size(); ++i) {
    if (!state.is_tensor[i]) {
      if (result.size() == tensors) continue;
      if (result[next++].defined())
        throw ValueError(
            fmt::format("{}: backward returned a gradient for argument {}, which is no tensor", node.name, i));
      continue;
    }
    const Tensor& gradient = result[next++];
    if (gradient.defined() && dx.wants(edge)) dx.add(edge, checked_gradient(node, i, gradient, state.likes[i]));
    ++edge;
  }
}

Context open_context(std::vector<Tensor> arguments) {
  auto state = std::make_unique<ContextState>();
  for (const Tensor& argument : arguments) {
    const bool wanted = argument.defined() && argument.requires_grad();
    state->is_tensor.push_back(argument.defined());
    state->wanted.push_back(wanted);
    state->likes.push_back(argument.defined() ? Like(argument) : Like());
    state->recorded |= wanted && taper::detail::thread_state.grad_enabled;
  }
  state->arguments = std::move(arguments);
  return Context(state.release());
}

void ContextState::check_dirty(const std::vector<Tensor>& given, const std::vector<Tensor>& returned) const {
  for (const Tensor& tensor : dirty)
    if (!contains(given, tensor) || !contains(returned, tensor))
      throw ValueError(
          fmt::format("{}: a tensor of shape {} was marked as dirty; that has to be an argument which forward returns",
                      type.name, to_string(tensor.shape())));
}

std::vector<Tensor> close_context(Context& context, const FunctionType& type, std::vector<Tensor> outputs) {
  ContextState& state = *context.state_;
  state.type = type;
  const std::vector<Tensor> arguments = std::move(state.arguments);
  const std::vector<Tensor> to_save = std::move(state.to_save);
  const std::vector<Tensor> dirty = state.dirty;
  state.check_dirty(arguments, outputs);
  const std::vector<Tensor> returned = outputs;
  for (Tensor& output : outputs) {
    if (contains(dirty, output)) continue;
    if (contains(arguments, output)) output = handed_through(output);
    if (output.get().base != nullptr) output.get().view_kind = taper::detail::ViewKind::function;
  }
  if (!state.recorded) return outputs;

  const auto tensors = static_cast<std::size_t>(std::count(state.is_tensor.begin(), state.is_tensor.end(), true));
  taper::detail::Node* node =
      taper::detail::Node::make(type.name, to_save.empty() ? &ContextState::not_saving : &ContextState::saving, tensors,
                                outputs.size(), sizeof(Context));
  const taper::detail::NodeOwner owner{node};
  std::vector<InputRef> inputs;
  for (const Tensor& argument : arguments)
    if (argument.defined()) {
      node->edges()[inputs.size()] = taper::detail::Edge::into(argument);
      inputs.emplace_back(argument);
    }
  for (const Tensor& tensor : dirty) taper::detail::bump_version(tensor);
  for (const Tensor& tensor : to_save) state.saved.emplace_back(tensor, outputs);
  for (const Tensor& output : outputs) state.outputs.emplace_back(output);
  const std::vector<Tensor> constant = std::move(state.non_differentiable);
  state.dirty.clear();
  state.node = node;
  ::new (node->payload()) Context(std::move(context));
  node->saved = true;
  node->number();
  if (taper::detail::anomaly_mode.load(std::memory_order_relaxed) != 0) taper::detail::note_origin(*node, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto nr = static_cast<std::uint32_t>(i);
    if (contains(dirty, outputs[i]))
      taper::detail::rebase_history(outputs[i], node, nr);
    else if (is_floating_point(outputs[i].dtype()) && !contains(constant, returned[i]))
      set_history(outputs[i], node, nr);
  }
  return outputs;
}

void wrong_context_type() { throw TypeError("Context::get: forward kept no object of this type with set()"); }

const char* backward_name(std::string_view pretty_function) {
  // "... [with T = demo::Cube]" or "... [T = demo::Cube]"
  const auto from = pretty_function.find("T = ") + 4;
  std::string_view type = pretty_function.substr(from, pretty_function.find_first_of(";]", from) - from);
  if (const auto colon = type.rfind("::"); colon != std::string_view::npos) type = type.substr(colon + 2);
  static std::mutex mutex;
  static std::set<std::string> names;
  const std::lock_guard lock(mutex);
  return names.emplace(std::string(type) + "Backward").first->c_str();
}

}  // namespace detail

Context::~Context() { std::unique_ptr<detail::ContextState>{state_}; }

void Context::save_for_backward(std::vector<Tensor> tensors) { state_->to_save = std::move(tensors); }

Tensor Context::saved(std::size_t i) const {
  if (i >= state_->saved.size())
    throw IndexError(fmt::format("Context::saved: {} is outside the {} tensors kept", i, state_->saved.size()));
  return static_cast<const Tensor&>(state_->saved[i].unpack(*state_->node));
}

void Context::mark_non_differentiable(std::vector<Tensor> outputs) { state_->non_differentiable = std::move(outputs); }

void Context::mark_dirty(std::vector<Tensor> arguments) {
  if (state_->recorded) {
    const EnableGradGuard recording;  // which forward is not
    for (const Tensor& tensor : arguments) taper::detail::check_in_place("mark_dirty", tensor, true);
  }
  state_->dirty = std::move(arguments);
}

bool Context::needs_input_grad(std::size_t i) const {
  if (i >= state_->wanted.size())
    throw IndexError(fmt::format("Context::needs_input_grad: argument {} of {}", i, state_->wanted.size()));
  return state_->wanted[i];
}

void Context::set_materialize_grads(bool value) { state_->materialize = value; }

void Context::set_holder(detail::Holder holder) { state_->holder = std::move(holder); }

const detail::Holder& Context::holder() const { return state_->holder; }

}  // namespace taper::autograd
