#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "taper/nn/module.h"

namespace taper::nn::detail {

/// A module with its place in a tree of modules.
struct TreeNode {
  std::string name;  // dotted; the root's is what it was asked to be
  const Module* module;
  std::vector<Member> members;

  /// The dotted name of one of its members.
  std::string path(const std::string& member) const { return name.empty() ? member : name + "." + member; }
};
using Tree = std::vector<TreeNode>;

/// The module and all inside it, parents first.
Tree walk(const Module& root, std::string_view name = "");

std::vector<Member> members_of(const Module& module);

/// The module behind what a walk from a non-const module has found.
inline Module& writable(const Module* module) { return const_cast<Module&>(*module); }

}  // namespace taper::nn::detail
