#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "taper/nn/module.h"

namespace taper::nn::detail {

template <class Hook>
struct HookEntry {
  std::uint64_t id;
  std::shared_ptr<const Hook> call;  // shared with the copies of the module
};

struct HookLists {
  std::vector<HookEntry<ForwardPreHook>> before;
  std::vector<HookEntry<ForwardHook>> after;
  std::vector<HookEntry<FullBackwardHook>> backward;
  std::uint64_t last_id = 0;
  Module* module = nullptr;  // whose they are, while it lives; it may move
};

/// The hooks of one module. The lists stand apart so that a handle may outlive the module, or see it move.
struct Hooks {
  std::shared_ptr<HookLists> lists = std::make_shared<HookLists>();
};

}  // namespace taper::nn::detail
