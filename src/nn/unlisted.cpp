// Members of modules that TAPER_MODULE does not name: found by where they lie.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>

#include "nn/tree.h"
#include "taper/base/warning.h"
#include "taper/nn/module.h"

namespace taper::nn::detail {
namespace {

constinit std::mutex mutex;
constinit Tracked* first = nullptr;

bool lies_in(const void* address, const Extent& extent) {
  const auto* begin = static_cast<const char*>(extent.begin);
  return !std::less<>()(static_cast<const char*>(address), begin) &&
         std::less<>()(static_cast<const char*>(address), begin + extent.size);
}

// What a module that is itself not listed brings with it.
void add_inside(const Module& module, std::vector<const void*>& inside) {
  for (const TreeNode& node : walk(module))
    for (const Member& member : node.members)
      inside.push_back(member.parameter != nullptr ? static_cast<const void*>(member.parameter)
                       : member.buffer != nullptr  ? static_cast<const void*>(member.buffer)
                                                   : static_cast<const void*>(member.module));
}

std::string describe(const Member& member) {
  if (member.module != nullptr) return fmt::format("{}({})", member.module->name(), member.module->extra_repr());
  const Tensor& tensor = member.parameter != nullptr ? static_cast<const Tensor&>(*member.parameter) : *member.buffer;
  return fmt::format("a {} of shape {}", member.parameter != nullptr ? "parameter" : "buffer",
                     to_string(tensor.shape()));
}

}  // namespace

Tracked::Tracked(Kind kind) noexcept : kind_(kind) {
  const std::lock_guard lock(mutex);
  next_ = first;
  self_ = &first;
  if (next_ != nullptr) next_->self_ = &next_;
  first = this;
}

Tracked::~Tracked() {
  const std::lock_guard lock(mutex);
  *self_ = next_;
  if (next_ != nullptr) next_->self_ = self_;
}

/// All that lives, the youngest first.
class TrackedList {
 public:
  /// What lies in the object of `module`, itself left out, but in none of `listed`.
  static std::vector<Member> unlisted(const Module& module, const Extent& object,
                                      std::initializer_list<Extent> listed) {
    std::vector<Member> found;
    const std::lock_guard lock(mutex);
    for (const Tracked* tracked = first; tracked != nullptr; tracked = tracked->next_) {
      if (!lies_in(tracked, object) || tracked == &module) continue;
      if (std::ranges::any_of(listed, [&](const Extent& extent) { return lies_in(tracked, extent); })) continue;
      if (tracked->kind_ == Tracked::Kind::module) {
        found.push_back({"", nullptr, nullptr, static_cast<const Module*>(tracked)});
        continue;
      }
      const auto* tensor = static_cast<const OwnedTensor*>(tracked);
      if (!tensor->defined()) continue;
      if (tensor->is_parameter())
        found.push_back({"", static_cast<const Parameter*>(tensor), nullptr, nullptr});
      else
        found.push_back({"", nullptr, static_cast<const Buffer*>(tensor), nullptr});
    }
    std::ranges::reverse(found);
    return found;
  }
};

void warn_of_unlisted(bool& checked, const Module& module, Extent object, std::initializer_list<Extent> listed,
                      std::string_view names) {
  const std::atomic_ref once(checked);
  if (once.load(std::memory_order_relaxed) || once.exchange(true)) return;
  const std::vector<Member> found = TrackedList::unlisted(module, object, listed);
  std::vector<const void*> inside;
  for (const Member& member : found)
    if (member.module != nullptr) add_inside(*member.module, inside);
  std::vector<std::string> forgotten;
  for (const Member& member : found) {
    const void* address = member.module != nullptr      ? static_cast<const void*>(member.module)
                          : member.parameter != nullptr ? static_cast<const void*>(member.parameter)
                                                        : static_cast<const void*>(member.buffer);
    if (std::ranges::find(inside, address) == inside.end()) forgotten.push_back(describe(member));
  }
  if (forgotten.empty()) return;
  const bool one = forgotten.size() == 1;
  warn(fmt::format(
      "{}: {} {} inside it, but TAPER_MODULE({}) does not name {}: optimizers, state_dict(), train() and to() pass {} "
      "over. Name {} there, or hold by pointer what is to be no part of the module",
      module.name(), fmt::join(forgotten, " and "), one ? "lies" : "lie", names, one ? "it" : "them",
      one ? "it" : "them", one ? "it" : "them"));
}

}  // namespace taper::nn::detail
