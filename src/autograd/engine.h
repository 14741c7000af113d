#pragma once

#include <unordered_map>
#include <vector>

#include "autograd/grads.h"
#include "autograd/node.h"
#include "base/pool.h"

namespace taper::detail {

/// One run of backward. Takes the pending node with the largest number from a heap, so that every consumer comes before
/// its producer; leaves are summed aside and touched only when all else has succeeded.
class Task {
 public:
  Task(bool retain_graph, bool create_graph);
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// Sends a gradient along an edge.
  void send(const Edge& edge, Tensor&& gradient);
  /// Runs all nodes that gradients have been sent to, then adds to the leaves' grad.
  void run_to_leaves();
  /// Before the first send: runs only what leads from `roots` to `targets`.
  void choose(const std::vector<Edge>& roots, std::vector<Edge> targets);
  /// Runs what was chosen and returns each target's gradient as it is before the target's hooks, undefined where none
  /// came.
  std::vector<Tensor> run_to_targets();
  bool wants(const Edge& edge) const { return edge.valid() && (!chosen_ || is_needed(edge)); }

 private:
  struct Leaf {
    TensorImpl* impl;
    Tensor sum;
  };

  class Turn;

  bool is_needed(const Edge& edge) const;
  void run_nodes();
  void run_node(Node* node, Tensor* gradients, bool may_release);
  void run_hooks(Node* node, Tensor* gradients);
  Tensor* slots_of(Node* node);
  void push(Node* node);
  Tensor& leaf_slot(TensorImpl* leaf);
  bool is_same_thread(const void* owner) const;

  friend bool lets_go_of_saved();

  bool retain_;
  bool create_;
  bool lets_go_ = false;  // whether what the node that is running has saved is released after it
  bool chosen_ = false;   // only what leads to a target is run
  Task* outer_;           // the one that this thread was running, in a hook of which this one was started
  std::vector<Node*, pool::Allocator<Node*>> heap_;
  std::unordered_map<Node*, std::vector<Tensor>> guests_;  // pending gradients of nodes that another backward holds
  std::vector<Leaf, pool::Allocator<Leaf>> leaves_;
  std::unordered_map<TensorImpl*, std::size_t>
      contended_;  // leaves that another thread's backward holds at this moment
  std::unordered_map<const void*, bool> needed_;
  std::vector<Edge> targets_;
  std::vector<Tensor> captured_;
};

/// In a node's body: whether nobody will ask for what the node has saved again, so that its memory may be given away.
bool lets_go_of_saved();

/// Adds a backward's gradient to a leaf's grad: the first is taken over where nobody else holds it, later ones are
/// added in place unless that is itself recorded.
void accumulate_grad(Tensor& grad, Tensor gradient, bool recording);

/// sum + gradient, in sum's place where nobody else can see it; either may be row-sparse.
void accumulate(Tensor& sum, Tensor&& gradient);

}  // namespace taper::detail
