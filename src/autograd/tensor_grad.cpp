// What a Tensor knows of the tape.
#include <fmt/format.h>

#include <atomic>
#include <memory>

#include "autograd/record.h"
#include "autograd/row_gradient.h"
#include "taper/base/error.h"
#include "tensor/make.h"

namespace taper {
namespace detail {

void check_version(Node& node, const Tensor& tensor, std::uint32_t version) {
  const std::uint32_t now = tensor.version();
  if (now == version) return;
  throw GradError(fmt::format("{}: a tensor saved for backward was changed in place (saved at version {}, now {})",
                              op_name(node.name), version, now));
}

namespace {

std::uint64_t next_hook_id() {
  static std::atomic<std::uint64_t> id{0};
  return ++id;
}

void remove_hook(const Tensor& tensor, Node* node, std::uint64_t id) {
  if (node != nullptr && node->hooks != nullptr)
    std::erase_if(*node->hooks, [id](const NodeHook& h) { return h.hook.id == id; });
  if (node == nullptr) std::erase_if(extra(tensor).hooks, [id](const Hook& h) { return h.id == id; });
}

void add_node_hook(Node* node, std::uint32_t nr, Hook hook) {
  if (node->hooks == nullptr) node->hooks = std::make_unique<std::vector<NodeHook>>().release();
  node->hooks->push_back({nr, std::move(hook)});
}

constexpr std::uint64_t kRetained = 0;  // the id of retain_grad's hook; a node's output has one at most

}  // namespace

void move_retained_grad(TensorImpl& impl, Node* node, std::uint32_t nr) noexcept {
  if (impl.grad_fn == nullptr || impl.grad_fn->hooks == nullptr) return;
  std::vector<NodeHook>& hooks = *impl.grad_fn->hooks;
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    if (hooks[i].hook.id != kRetained || hooks[i].output_nr != impl.output_nr) continue;
    if (node != nullptr) add_node_hook(node, nr, std::move(hooks[i].hook));
    hooks.erase(hooks.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
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
  if (!requires_grad()) throw GradError("retain_grad: the tensor does not require grad");
  if (is_leaf()) return;
  detail::Extra& parts = detail::extra(*this);
  if (parts.retains_grad) return;
  parts.retains_grad = true;
  // The graph must not own its results: the hook ends with the tensor, see destroy(TensorImpl*).
  detail::TensorImpl* impl = impl_;
  detail::Node* node = impl->grad_fn;
  detail::add_node_hook(node, impl->output_nr,
                        {detail::kRetained, Callable<Tensor(const Tensor&)>([impl](const Tensor& g) {
                           impl->extra->grad = impl->extra->grad.defined() ? impl->extra->grad.add(g) : g.clone();
                           return Tensor();
                         })});
}

HookHandle Tensor::register_hook(Callable<Tensor(const Tensor&)> hook) const {
  if (!requires_grad()) throw GradError("register_hook: the tensor does not require grad");
  if (impl_->base != nullptr && detail::view_requires_grad(*impl_)) detail::refresh_view(*this);
  const std::uint64_t id = detail::next_hook_id();
  detail::Node* node = impl_->grad_fn;
  if (node == nullptr)
    detail::extra(*this).hooks.push_back({id, std::move(hook)});
  else
    detail::add_node_hook(node, impl_->output_nr, {id, std::move(hook)});
  return HookHandle(
      [weak = *this, node_owner = detail::Edge::into(*this), id] { detail::remove_hook(weak, node_owner.node(), id); });
}

}  // namespace taper
