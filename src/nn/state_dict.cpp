#include <fmt/format.h>

#include <algorithm>

#include "nn/tree.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/module.h"

namespace taper::nn {
namespace {

using detail::Member;
using detail::TreeNode;

// Of a module's members, those that a state dict holds: parameters, then persistent buffers.
template <class F>
void each_state(const TreeNode& node, F&& f) {
  for (const Member& member : node.members)
    if (member.parameter != nullptr && member.parameter->defined()) f(member.name, *member.parameter);
  for (const Member& member : node.members)
    if (member.buffer != nullptr && member.buffer->defined() && member.buffer->persistent())
      f(member.name, *member.buffer);
}

std::string quoted(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "\"" : ", \"") + key + "\"";
  return text;
}

// The keys below this module whose first part is the name of none of its members.
void find_unexpected(const TreeNode& node, const TensorMap& state, std::vector<std::string>& unexpected) {
  const std::string prefix = node.path("");
  for (const auto& [key, tensor] : state) {
    if (!key.starts_with(prefix)) continue;
    const std::string_view rest = std::string_view(key).substr(prefix.size());
    const std::string_view first = rest.substr(0, rest.find('.'));
    bool known = false;
    each_state(node, [&](const std::string& name, const Tensor&) { known = known || name == first; });
    for (const Member& member : node.members) known = known || (member.module != nullptr && member.name == first);
    if (!known) unexpected.push_back(key);
  }
}

std::string size_of(const Shape& shape) { return "torch.Size(" + to_string(shape) + ")"; }

// The tensor to copy into `own`: a 0-d one may come as the first of a vector.
Tensor fitting(const Tensor& own, const Tensor& given) {
  return own.dim() == 0 && given.dim() == 1 && given.numel() > 0 ? given.select(0, 0) : given;
}

}  // namespace

TensorMap Module::state_dict(std::string_view prefix) const {
  TensorMap state;
  for (const TreeNode& node : detail::walk(*this))
    each_state(node, [&](const std::string& name, const Tensor& tensor) {
      state.insert(std::string(prefix) + node.path(name), tensor.detach());
    });
  return state;
}

IncompatibleKeys Module::load_state_dict(const TensorMap& state, LoadStateDictOptions options) {
  IncompatibleKeys keys;
  std::vector<std::string> errors;
  std::vector<std::pair<Tensor, Tensor>> copies;
  const NoGradGuard no_grad;
  for (const TreeNode& node : detail::walk(*this)) {
    each_state(node, [&](const std::string& name, const Tensor& own) {
      const std::string key = node.path(name);
      if (!state.contains(key)) return keys.missing_keys.push_back(key);
      const Tensor& given = state.at(key);
      if (!given.defined() || given.is_sparse())
        return errors.push_back(fmt::format("{} is {} in the state dict; a dense tensor is needed", key,
                                            given.defined() ? "sparse" : "undefined"));
      const Tensor source = fitting(own, given);
      if (source.shape() == own.shape()) {
        copies.emplace_back(own, source);
        return;
      }
      errors.push_back(
          fmt::format("size mismatch for {}: copying a param with shape {} from checkpoint, the shape in "
                      "current model is {}.",
                      key, size_of(source.shape()), size_of(own.shape())));
    });
    find_unexpected(node, state, keys.unexpected_keys);
  }
  if (options.strict && !keys.unexpected_keys.empty())
    errors.insert(errors.begin(), fmt::format("Unexpected key(s) in state_dict: {}. ", quoted(keys.unexpected_keys)));
  if (options.strict && !keys.missing_keys.empty())
    errors.insert(errors.begin(), fmt::format("Missing key(s) in state_dict: {}. ", quoted(keys.missing_keys)));
  if (!errors.empty())
    throw StateError(fmt::format("Error(s) in loading state_dict for {}:\n\t{}", name(), fmt::join(errors, "\n\t")));
  // Converted before the first is written: nothing can fail between two.
  for (auto& [own, source] : copies)
    if (source.dtype() != own.dtype()) source = source.to(own.dtype());
  for (auto& [own, source] : copies) own.copy_(source);
  return keys;
}

}  // namespace taper::nn
