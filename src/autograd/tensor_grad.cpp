// What a Tensor knows of the tape.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "autograd/record.h"
#include "autograd/row_gradient.h"
#include "taper/base/error.h"
#include "tensor/make.h"

namespace taper {
namespace detail {

void check_version(Node& node, const Tensor& tensor, std::uint32_t version) {
  const std::uint32_t now = raw_version(tensor.get());
  if (now == version) return;
  throw GradError(fmt::format("{}: a tensor saved for backward was changed in place (saved at version {}, now {}){}",
                              op_name(node.name), version, now, origin_of(node)));
}

void refuse_inference(const TensorImpl& tensor) {
  throw GradError(fmt::format(
      "backward would need an inference tensor, of shape {}, which cannot be saved for it; clone() makes an "
      "ordinary tensor",
      to_string(tensor.shape)));
}

namespace {

std::uint64_t next_hook_id() {
  static std::atomic<std::uint64_t> id{0};
  return ++id;
}

void remove_hook(const Tensor& tensor, Node* node, std::uint64_t id) {
  if (node != nullptr && node->hooks != nullptr)
    std::erase_if(node->hooks->hooks, [id](const NodeHook& h) { return h.hook.id == id; });
  if (node == nullptr) std::erase_if(extra(tensor).hooks, [id](const Hook& h) { return h.id == id; });
}

NodeHooks& hooks_of(Node& node) {
  if (node.hooks == nullptr) node.hooks = std::make_unique<NodeHooks>().release();
  return *node.hooks;
}

// Between a backward that gives a result its gradient and another thread that ends the result. One thread may take it
// twice, as gradients end in between.
std::recursive_mutex& retained_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

void move_retained_grad(TensorImpl& impl, Node* node, std::uint32_t nr) noexcept {
  Node* before = impl.extra->retained_at;
  {
    const std::lock_guard lock(retained_mutex());
    if (before != nullptr)
      std::erase_if(before->hooks->retained, [&impl](const Retained& entry) { return entry.result == &impl; });
    if (node != nullptr) {
      retain(node);
      hooks_of(*node).retained.push_back({nr, &impl});
    }
    impl.extra->retained_at = node;
  }
  if (before != nullptr) release(before);
}

void keep_retained(Node& node, const Tensor* gradients) {
  const std::lock_guard lock(retained_mutex());
  for (std::size_t i = 0; i < node.hooks->retained.size(); ++i) {
    const Retained entry = node.hooks->retained[i];
    const Tensor& g = gradients[entry.output_nr];
    if (!g.defined()) continue;
    Tensor& grad = entry.result->extra->grad;
    grad = grad.defined() ? grad.add(g) : g.clone();
  }
}

Tensor run_hook(const Hook& hook, Tensor gradient) {
  Tensor changed = (*hook.call)(gradient);
  if (!changed.defined()) return gradient;
  if (changed.shape() != gradient.shape())
    throw ShapeError(fmt::format("register_hook: a hook made a gradient of shape {} of one of shape {}",
                                 to_string(changed.shape()), to_string(gradient.shape())));
  if (changed.dtype() != gradient.dtype())
    throw TypeError(fmt::format("register_hook: a hook made a gradient of dtype {} of one of dtype {}",
                                name(changed.dtype()), name(gradient.dtype())));
  return changed;
}

}  // namespace detail

const Tensor& Tensor::requires_grad_(bool value) const {
  detail::TensorImpl& impl = get();
  if (value && !is_floating_point(impl.dtype))
    throw TypeError(
        fmt::format("requires_grad_: only floating-point tensors have gradients, this one holds {}", name(impl.dtype)));
  if (!is_leaf()) {
    if (value) return *this;
    throw GradError(
        fmt::format("requires_grad_: the tensor is a result of {}; use detach() to leave the tape", grad_fn_name()));
  }
  if (value && impl.inference && !detail::thread_state.inference)
    throw GradError(
        "requires_grad_: an inference tensor cannot come to require grad outside InferenceMode; clone() makes an "
        "ordinary one");
  if (value) detail::extra(*this);
  impl.requires_grad = value;
  return *this;
}

Tensor Tensor::grad() const {
  if (get().extra == nullptr) return Tensor();
  const Tensor& held = impl_->extra->grad;
  return detail::is_row_held(held) ? detail::dense_gradient_of(held) : held;
}

void Tensor::set_grad(const Tensor& gradient) const {
  if (gradient.defined() && gradient.shape() != shape())
    throw ShapeError(fmt::format("set_grad: a gradient of shape {} for a tensor of shape {}",
                                 to_string(gradient.shape()), to_string(shape())));
  if (gradient.defined() && gradient.dtype() != dtype())
    throw TypeError(fmt::format("set_grad: a gradient of dtype {} for a tensor of dtype {}", name(gradient.dtype()),
                                name(dtype())));
  if (gradient.defined() || get().extra != nullptr) detail::extra(*this).grad = gradient;
}

std::string Tensor::grad_fn_name() const {
  const detail::TensorImpl& impl = get();
  if (impl.base != nullptr && detail::view_requires_grad(impl)) detail::refresh_view(*this);
  return impl.grad_fn == nullptr ? "" : impl.grad_fn->name;
}

Tensor Tensor::detach() const { return detail::alias(*this); }

Tensor& Tensor::detach_() {
  detail::TensorImpl& impl = get();
  if (impl.base != nullptr) throw GradError("detach_: a view cannot leave its base's history in place; use detach()");
  if (impl.grad_fn != nullptr) release(impl.grad_fn);
  impl.grad_fn = nullptr;
  impl.requires_grad = false;
  return *this;
}

void Tensor::retain_grad() const {
  if (!requires_grad())
    throw GradError("retain_grad: the tensor does not require grad, so that no backward gives it a gradient");
  if (is_leaf()) return;
  detail::Extra& parts = detail::extra(*this);
  if (parts.retains_grad) return;
  if (impl_->base != nullptr && detail::view_requires_grad(*impl_)) detail::refresh_view(*this);
  parts.retains_grad = true;
  detail::move_retained_grad(*impl_, impl_->grad_fn, impl_->output_nr);
}

bool Tensor::retains_grad() const { return get().extra != nullptr && impl_->extra->retains_grad; }

HookHandle Tensor::register_hook(Callable<Tensor(const Tensor&)> hook) const {
  if (!requires_grad())
    throw GradError("register_hook: the tensor does not require grad, so that no backward gives it a gradient");
  if (impl_->base != nullptr && detail::view_requires_grad(*impl_)) detail::refresh_view(*this);
  const std::uint64_t id = detail::next_hook_id();
  detail::Node* node = impl_->grad_fn;
  detail::Hook entry{id, std::make_shared<const Callable<Tensor(const Tensor&)>>(std::move(hook))};
  if (node == nullptr)
    detail::extra(*this).hooks.push_back(std::move(entry));
  else
    detail::hooks_of(*node).hooks.push_back({impl_->output_nr, std::move(entry)});
  return HookHandle(
      [weak = *this, node_owner = detail::Edge::into(*this), id] { detail::remove_hook(weak, node_owner.node(), id); });
}

}  // namespace taper
