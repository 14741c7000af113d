#include <fmt/format.h>

#include <unordered_set>

#include "autograd/node.h"
#include "taper/base/error.h"
#include "taper/nn/module.h"
#include "tensor/extra.h"

namespace taper::nn {
namespace {

using taper::detail::Edge;
using taper::detail::Node;
using taper::detail::TensorImpl;

// The parameters that a graph ends in, in the order in which they are met.
std::vector<TensorImpl*> parameters_of(const Tensor& loss) {
  std::vector<TensorImpl*> found;
  std::unordered_set<const void*> seen;
  std::vector<Node*> waiting;
  const auto follow = [&](const Edge& edge) {
    if (edge.node() != nullptr && seen.insert(edge.node()).second) waiting.push_back(edge.node());
    if (edge.leaf() != nullptr && edge.leaf()->is_parameter && seen.insert(edge.leaf()).second)
      found.push_back(edge.leaf());
  };
  const Edge root = Edge::into(loss);
  follow(root);
  while (!waiting.empty()) {
    Node* node = waiting.back();
    waiting.pop_back();
    for (std::size_t i = 0; i < node->inputs; ++i) follow(node->edges()[i]);
  }
  return found;
}

std::string describe(const TensorImpl& parameter) {
  std::string text = fmt::format("a parameter of shape {}", to_string(parameter.shape));
  if (parameter.extra != nullptr && !parameter.extra->name.empty())
    text += fmt::format(" ('{}')", parameter.extra->name);
  return text;
}

}  // namespace

void check_registered(const Module& model, const Tensor& loss) {
  std::unordered_set<const TensorImpl*> registered;
  for (const Tensor& parameter : model.parameters()) registered.insert(parameter.impl());
  std::vector<std::string> strangers;
  for (const TensorImpl* parameter : parameters_of(loss))
    if (!registered.contains(parameter)) strangers.push_back(describe(*parameter));
  if (strangers.empty()) return;
  throw StateError(
      fmt::format("check_registered: {} took part in the loss but {} not listed by {}; name {} in its "
                  "TAPER_MODULE, or in the one of the child it belongs to",
                  fmt::join(strangers, ", "), strangers.size() == 1 ? "is" : "are", model.name(),
                  strangers.size() == 1 ? "it" : "them"));
}

}  // namespace taper::nn
