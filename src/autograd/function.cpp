#include "taper/autograd/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>

#include "autograd/record.h"
#include "taper/base/error.h"
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
  std::vector<Tensor> non_differentiable;
  Holder holder;
  bool materialize = true;
  taper::detail::Node* node = nullptr;  // while its backward runs
  BackwardCall backward = nullptr;

  static void apply(taper::detail::Node& node, Grads& dx);
  static void destroy(void* payload) { static_cast<Context*>(payload)->~Context(); }
  static constexpr taper::detail::NodeType type{&apply, &destroy, true};
};

namespace {

Tensor checked_gradient(const taper::detail::Node& node, std::size_t i, const Tensor& gradient, const Like& like) {
  if (gradient.shape() != like.shape)
    throw ShapeError(fmt::format("{}: backward returned a gradient of shape {} for argument {} of shape {}", node.name,
                                 to_string(gradient.shape()), i, to_string(like.shape)));
  return gradient.to(like.dtype);
}

}  // namespace

void ContextState::apply(taper::detail::Node& node, Grads& dx) {
  Context& context = *static_cast<Context*>(node.payload());
  ContextState& state = *context.state_;
  std::vector<Tensor> gradients(state.outputs.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    gradients[i] = std::move(node.pending()[i]);
    if (!gradients[i].defined() && state.materialize)
      gradients[i] = zeros(state.outputs[i].shape, {.dtype = state.outputs[i].dtype});
  }
  state.node = &node;
  const std::vector<Tensor> result = state.backward(context, gradients);
  const auto tensors = static_cast<std::size_t>(std::count(state.is_tensor.begin(), state.is_tensor.end(), true));
  if (result.size() != tensors && result.size() != state.is_tensor.size())
    throw ValueError(
        fmt::format("{}: backward returned {} gradients for {} tensor arguments", node.name, result.size(), tensors));
  std::size_t next = 0;
  int edge = 0;
  for (std::size_t i = 0; i < state.is_tensor.size(); ++i) {
    if (!state.is_tensor[i]) {
      next += result.size() == tensors ? 0U : 1U;
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
    state->is_tensor.push_back(argument.defined());
    state->wanted.push_back(argument.defined() && is_grad_enabled() && argument.requires_grad());
    state->likes.push_back(argument.defined() ? Like(argument) : Like());
  }
  state->arguments = std::move(arguments);
  return Context(state.release());
}

std::vector<Tensor> close_context(Context& context, const char* name, std::vector<Tensor> outputs,
                                  BackwardCall backward) {
  ContextState& state = *context.state_;
  const std::vector<Tensor> arguments = std::move(state.arguments);
  const std::vector<Tensor> to_save = std::move(state.to_save);
  // An argument handed through is another tensor from here on.
  for (Tensor& output : outputs)
    for (const Tensor& argument : arguments)
      if (argument.defined() && output.is(argument)) output = taper::detail::alias(argument);
  if (std::none_of(state.wanted.begin(), state.wanted.end(), [](bool wanted) { return wanted; })) return outputs;

  const auto tensors = static_cast<std::size_t>(std::count(state.is_tensor.begin(), state.is_tensor.end(), true));
  taper::detail::Node* node =
      taper::detail::Node::make(name, &ContextState::type, tensors, outputs.size(), sizeof(Context));
  const taper::detail::NodeOwner owner{node};
  std::size_t edge = 0;
  for (const Tensor& argument : arguments)
    if (argument.defined()) node->edges()[edge++] = taper::detail::Edge::into(argument);
  for (const Tensor& tensor : to_save) state.saved.emplace_back(tensor, outputs);
  for (const Tensor& output : outputs) state.outputs.emplace_back(output);
  state.backward = backward;
  const std::vector<Tensor> constant = std::move(state.non_differentiable);
  ::new (node->payload()) Context(std::move(context));
  node->saved = true;
  node->number();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool differentiable =
        is_floating_point(outputs[i].dtype()) &&
        std::none_of(constant.begin(), constant.end(), [&](const Tensor& t) { return t.is(outputs[i]); });
    if (differentiable) set_history(outputs[i], node, static_cast<std::uint32_t>(i));
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
  return state_->saved[i].unpack(*state_->node);
}

void Context::mark_non_differentiable(std::vector<Tensor> outputs) { state_->non_differentiable = std::move(outputs); }

bool Context::needs_input_grad(std::size_t i) const {
  if (i >= state_->wanted.size())
    throw IndexError(fmt::format("Context::needs_input_grad: argument {} of {}", i, state_->wanted.size()));
  return state_->wanted[i];
}

void Context::set_materialize_grads(bool value) { state_->materialize = value; }

void Context::set_holder(detail::Holder holder) { state_->holder = std::move(holder); }

const detail::Holder& Context::holder() const { return state_->holder; }

}  // namespace taper::autograd
