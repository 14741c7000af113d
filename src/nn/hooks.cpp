#include "nn/hooks.h"

#include <fmt/format.h>

#include "nn/tree.h"
#include "taper/base/error.h"

namespace taper::nn {
namespace {

template <class Hook>
HookHandle add(detail::Hooks*& hooks, std::vector<detail::HookEntry<Hook>> detail::HookLists::*list, Hook hook) {
  if (hooks == nullptr) hooks = std::make_unique<detail::Hooks>().release();
  const std::shared_ptr<detail::HookLists>& lists = hooks->lists;
  const std::uint64_t id = ++lists->last_id;
  ((*lists).*list).push_back({id, std::make_shared<const Hook>(std::move(hook))});
  return HookHandle([weak = std::weak_ptr<detail::HookLists>(lists), list, id] {
    if (const auto still = weak.lock())
      std::erase_if((*still).*list, [id](const auto& entry) { return entry.id == id; });
  });
}

}  // namespace

HookHandle Module::register_forward_pre_hook(ForwardPreHook hook) {
  return add(hooks_, &detail::HookLists::before, std::move(hook));
}

HookHandle Module::register_forward_hook(ForwardHook hook) {
  return add(hooks_, &detail::HookLists::after, std::move(hook));
}

// Both run a copy of the list: a hook may remove itself, or add another.

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

}  // namespace taper::nn
