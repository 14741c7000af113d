#include "taper/autograd/autograd.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "autograd/engine.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "tensor/make.h"

namespace taper {
namespace {

std::string describe(const Tensor& tensor) {
  const std::string from = tensor.grad_fn_name();
  return fmt::format("shape {}{}{}", to_string(tensor.shape()), from.empty() ? "" : " from ", from);
}

void check_root(const char* op, const Tensor& tensor) {
  if (!tensor.requires_grad())
    throw GradError(
        fmt::format("{}: the tensor of {} does not require grad and has no grad_fn; mark a leaf with "
                    "requires_grad_(), and record outside NoGradGuard",
                    op, describe(tensor)));
}

Tensor seed(const char* op, const Tensor& tensor, const Tensor& gradient) {
  if (!gradient.defined()) {
    if (tensor.numel() != 1)
      throw GradError(
          fmt::format("{}: a gradient can be made up only for one element, not for the tensor of {}; pass one", op,
                      describe(tensor)));
    return ones(tensor.shape(), {.dtype = tensor.dtype()});
  }
  if (gradient.shape() != tensor.shape())
    throw ShapeError(fmt::format("{}: a gradient of shape {} for a tensor of shape {}", op, to_string(gradient.shape()),
                                 to_string(tensor.shape())));
  return gradient.to(tensor.dtype());
}

std::vector<Tensor> seeds(const char* op, const std::vector<Tensor>& tensors, const std::vector<Tensor>& gradients) {
  if (!gradients.empty() && gradients.size() != tensors.size())
    throw ValueError(fmt::format("{}: {} gradients for {} tensors", op, gradients.size(), tensors.size()));
  std::vector<Tensor> result;
  result.reserve(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    check_root(op, tensors[i]);
    result.push_back(seed(op, tensors[i], gradients.empty() ? Tensor() : gradients[i]));
  }
  return result;
}

std::vector<taper::detail::Edge> edges_into(const std::vector<Tensor>& tensors) {
  std::vector<taper::detail::Edge> result;
  result.reserve(tensors.size());
  for (const Tensor& tensor : tensors) result.push_back(detail::Edge::into(tensor));
  return result;
}

// Backward for `inputs` alone. A result among them retains its gradient.
void choose(detail::Task& task, const std::vector<taper::detail::Edge>& roots, const std::vector<Tensor>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].requires_grad()) throw GradError(fmt::format("backward: input {} does not require grad", i));
  for (const Tensor& input : inputs) input.retain_grad();
  task.choose(roots, edges_into(inputs));
}

}  // namespace

bool is_grad_enabled() { return detail::thread_state.grad_mode; }

void set_grad_enabled(bool enabled) { detail::thread_state.set(enabled, detail::thread_state.inference); }

GradMode::GradMode(bool enabled) : before_(detail::thread_state.grad_mode) { set_grad_enabled(enabled); }
GradMode::~GradMode() { set_grad_enabled(before_); }

InferenceMode::InferenceMode(bool enabled)
    : grad_before_(detail::thread_state.grad_mode), inference_before_(detail::thread_state.inference) {
  detail::thread_state.set(!enabled, enabled);
}
InferenceMode::~InferenceMode() { detail::thread_state.set(grad_before_, inference_before_); }
bool InferenceMode::is_enabled() { return detail::thread_state.inference; }

void Tensor::backward() const { backward(Tensor(), BackwardOptions()); }
void Tensor::backward(const BackwardOptions& options) const { backward(Tensor(), options); }
void Tensor::backward(const Tensor& gradient) const { backward(gradient, BackwardOptions()); }

void Tensor::backward(const Tensor& gradient, const BackwardOptions& options) const {
  check_root("backward", *this);
  Tensor first = seed("backward", *this, gradient);
  const detail::Edge root = detail::Edge::into(*this);
  taper::detail::Task task(options.retain_graph, options.create_graph);
  if (!options.inputs.empty()) choose(task, {root}, options.inputs);
  task.send(root, std::move(first));
  task.run_to_leaves();
}

namespace autograd {

void backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& gradients,
              const BackwardOptions& options) {
  std::vector<Tensor> first = seeds("backward", tensors, gradients);
  const std::vector<taper::detail::Edge> roots = edges_into(tensors);
  taper::detail::Task task(options.retain_graph, options.create_graph);
  if (!options.inputs.empty()) choose(task, roots, options.inputs);
  for (std::size_t i = 0; i < tensors.size(); ++i) task.send(roots[i], std::move(first[i]));
  task.run_to_leaves();
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, GradOptions options) {
  if (outputs.empty() || inputs.empty())
    throw ValueError(
        fmt::format("grad: {} outputs and {} inputs; name at least one of each", outputs.size(), inputs.size()));
  std::vector<Tensor> first = seeds("grad", outputs, options.grad_outputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].requires_grad()) throw GradError(fmt::format("grad: input {} does not require grad", i));
  const std::vector<taper::detail::Edge> roots = edges_into(outputs);
  taper::detail::Task task(options.retain_graph, options.create_graph);
  task.choose(roots, edges_into(inputs));
  for (std::size_t i = 0; i < outputs.size(); ++i) task.send(roots[i], std::move(first[i]));
  std::vector<Tensor> result = task.run_to_targets();
  for (std::size_t i = 0; i < result.size(); ++i)
    if (!result[i].defined() && !options.allow_unused)
      throw GradError(
          fmt::format("grad: the outputs do not depend on input {}; pass allow_unused = true if that is meant", i));
  return result;
}

}  // namespace autograd
}  // namespace taper
