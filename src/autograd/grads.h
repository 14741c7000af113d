#pragma once

#include "autograd/node.h"

namespace taper {

namespace detail {
class Task;
}

/// What a backward body writes into: one gradient for each input of the operation.
class Grads {
 public:
  /// `gradients` are those that came for the node's outputs.
  Grads(detail::Node& node, detail::Task& task, Tensor* gradients, bool chosen)
      : node_(node), task_(task), gradients_(gradients), chosen_(chosen) {}

  /// The gradient of output `i`, undefined where none came; to be moved from.
  Tensor& gradient(std::size_t i) { return gradients_[i]; }
  /// Whether input `i` wants a gradient; a body skips the work where it does not.
  bool wants(int i) const {
    const detail::Edge& edge = node_.edges()[i];
    return edge.valid() && (!chosen_ || is_needed(edge));
  }
  /// Sends `gradient` to input `i`; several are summed in the order they come. An undefined one counts as zero.
  void add(int i, Tensor gradient);
  /// Whether input `i` is a leaf, which alone takes a row-sparse gradient as it is.
  bool is_leaf(int i) const { return node_.edges()[i].leaf() != nullptr; }
  /// Whether this backward is being recorded.
  bool recording() const { return detail::thread_state.grad_enabled; }

 private:
  bool is_needed(const detail::Edge& edge) const;

  detail::Node& node_;
  detail::Task& task_;
  Tensor* gradients_;
  bool chosen_;  // whether the task runs only what leads to a target
};

}  // namespace taper
