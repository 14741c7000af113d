// A module is copied member by member, and no member knows of the others. What was tied stays tied because a module's
// base, which is copied before its members, looks for tied parameters and leaves word for them here.
#include "nn/copying.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "nn/tree.h"

namespace taper::nn::detail {
namespace {

struct Tied {
  const OwnedTensor* owner;
  Tensor source;  // held, so that its address is not used again
  bool copied;
};

struct Copying {
  const Module* target;
  std::vector<const Module*> modules;  // inside the root, not copied yet
  std::vector<Tied> tied;
  std::vector<std::pair<Tensor, Tensor>> copies;  // source, copy
};

// A module may hold others that it does not list; their copy then goes on in the middle of its own. The list is there
// only while there are any, and is no object that ends with the thread: modules may end later.
thread_local constinit std::vector<Copying>* going_on = nullptr;

template <class Condition>
void forget(Condition&& condition) noexcept {
  if (going_on == nullptr) return;
  std::erase_if(*going_on, condition);
  if (!going_on->empty()) return;
  delete going_on;
  going_on = nullptr;
}

std::vector<Tied> find_tied(const Tree& tree) {
  std::vector<Tied> all;
  for (const TreeNode& node : tree)
    for (const Member& member : node.members)
      if (member.parameter != nullptr && member.parameter->defined())
        all.push_back({member.parameter, *member.parameter, false});
  std::stable_sort(all.begin(), all.end(),
                   [](const Tied& a, const Tied& b) { return a.source.impl() < b.source.impl(); });
  std::vector<Tied> tied;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool as_before = i > 0 && all[i - 1].source.is(all[i].source);
    const bool as_next = i + 1 < all.size() && all[i + 1].source.is(all[i].source);
    if (as_before || as_next) tied.push_back(all[i]);
  }
  return tied;
}

}  // namespace

void begin_copy(const Module& source, const Module& target) {
  if (going_on != nullptr)
    for (Copying& copying : *going_on)
      if (std::erase(copying.modules, &source) > 0) return;
  const Tree tree = walk(source);
  Copying copying{&target, {}, find_tied(tree), {}};
  if (copying.tied.empty()) return;
  for (const TreeNode& node : tree)
    if (node.module != &source) copying.modules.push_back(node.module);
  if (going_on == nullptr) going_on = std::make_unique<std::vector<Copying>>().release();
  going_on->push_back(std::move(copying));
}

void end_copy(const Module& target) noexcept {
  forget([&](const Copying& copying) { return copying.target == &target; });
}

Tensor shared_copy(const OwnedTensor& owner, Tensor (*copy)(const Tensor&)) {
  if (going_on == nullptr) return {};
  for (Copying& copying : *going_on) {
    const auto at = std::find_if(copying.tied.begin(), copying.tied.end(), [&](const Tied& tied) {
      return tied.owner == &owner && !tied.copied && tied.source.is(owner);
    });
    if (at == copying.tied.end()) continue;
    const auto known = std::find_if(copying.copies.begin(), copying.copies.end(),
                                    [&](const auto& pair) { return pair.first.is(owner); });
    Tensor result = known == copying.copies.end() ? copy(owner) : known->second;
    if (known == copying.copies.end()) copying.copies.emplace_back(owner, result);
    at->copied = true;
    if (std::all_of(copying.tied.begin(), copying.tied.end(), [](const Tied& tied) { return tied.copied; }))
      forget([done = &copying](const Copying& other) { return &other == done; });
    return result;
  }
  return {};
}

}  // namespace taper::nn::detail
