#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "taper/tensor/tensor.h"
#include "tensor/extra.h"

namespace taper {
class Grads;
}

namespace taper::detail {

/// Where a gradient goes: to output `nr` of a node, or to a leaf. Owns what it points to.
class Edge {
 public:
  Edge() = default;
  /// The edge into `tensor`'s history: its grad_fn, itself if it is a leaf that requires grad, nothing otherwise.
  static Edge into(const Tensor& tensor);
  Edge(const Edge& other) noexcept;
  Edge(Edge&& other) noexcept : node_(other.node_), leaf_(other.leaf_), nr_(other.nr_) {
    other.node_ = nullptr, other.leaf_ = nullptr;
  }
  Edge& operator=(Edge other) noexcept {
    std::swap(node_, other.node_);
    std::swap(leaf_, other.leaf_);
    std::swap(nr_, other.nr_);
    return *this;
  }
  ~Edge();

  bool valid() const { return node_ != nullptr || leaf_ != nullptr; }
  Node* node() const { return node_; }
  TensorImpl* leaf() const { return leaf_; }
  std::uint32_t nr() const { return nr_; }

 private:
  Node* node_ = nullptr;
  TensorImpl* leaf_ = nullptr;
  std::uint32_t nr_ = 0;
};

/// What all nodes of one operation share.
struct NodeType {
  void (*apply)(Node& node, Grads& dx);  // runs the backward body on dx's gradients
  void (*destroy)(void* payload);        // ends what was saved
  bool saves_tensors;
};

struct NodeHook {
  std::uint32_t output_nr;
  Hook hook;
};

/// A result that keeps its gradient. It is told of by the result itself, which takes it out at its end.
struct Retained {
  std::uint32_t output_nr;
  TensorImpl* result;
};

struct NodeHooks {
  std::vector<NodeHook> hooks;
  std::vector<Retained> retained;
};

/// One recorded operation. Lives in one block with its edges, its outputs' pending gradients and what it saved.
struct Node {
  RefCount refs;
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 1;
  bool saved = false;          // whether the payload is there
  bool noted = false;          // whether anomaly mode knows where it was made
  std::uint64_t sequence = 0;  // greater than that of every node it depends on
  const NodeType* type = nullptr;
  const char* name = nullptr;              // "MulBackward0"
  std::atomic<const void*> task{nullptr};  // the backward in which it waits
  NodeHooks* hooks = nullptr;
  Node* next = nullptr;  // in the list of nodes to free
  std::uint32_t bytes = 0;
  std::uint32_t payload_at = 0;

  Edge* edges() { return reinterpret_cast<Edge*>(this + 1); }
  Tensor* pending() { return reinterpret_cast<Tensor*>(edges() + inputs); }
  void* payload() { return reinterpret_cast<char*>(this) + payload_at; }

  /// A node with empty edges and room for a payload, which the caller constructs. Its number is set by `number()`.
  static Node* make(const char* name, const NodeType* type, std::size_t inputs, std::size_t outputs,
                    std::size_t payload);
  /// Numbers the node after its inputs and after all of this thread's.
  void number();
  /// Ends what was saved; a later backward through here is an error if tensors were.
  void release_saved();
};

void destroy(Node* node) noexcept;
inline void retain(Node* node) noexcept { node->refs.add(); }
inline void release(Node* node) noexcept {
  if (node->refs.drop()) destroy(node);
}

inline Edge::Edge(const Edge& other) noexcept : node_(other.node_), leaf_(other.leaf_), nr_(other.nr_) {
  if (node_ != nullptr) retain(node_);
  if (leaf_ != nullptr) retain(leaf_);
}
inline Edge::~Edge() {
  if (node_ != nullptr) release(node_);
  if (leaf_ != nullptr) release(leaf_);
}

/// "MulBackward0" -> "mul": the operation's name in messages.
std::string op_name(const char* node_name);

/// Makes `tensor` output `nr` of `node`. Takes no reference over.
void set_history(const Tensor& tensor, Node* node, std::uint32_t nr);
/// The same, taking a reference over.
void adopt_history(const Tensor& tensor, Node* node, std::uint32_t nr);

/// Moves what retain_grad has left at a node to another node, or ends it where that is null.
void move_retained_grad(TensorImpl& impl, Node* node, std::uint32_t nr) noexcept;
/// Gives the results that retain it the gradients that came for a node.
void keep_retained(Node& node, const Tensor* gradients);

/// What `hook` makes of a gradient; ShapeError or TypeError where that has another shape or dtype.
Tensor run_hook(const Hook& hook, Tensor gradient);

/// A view's grad_fn, made anew if its base has been changed in place since.
void refresh_view(const Tensor& view);

/// Makes a tensor that has been changed in place output `nr` of `node`; a view hands the change on to its base's
/// history.
void rebase_history(const Tensor& tensor, Node* node, std::uint32_t nr);

/// What the modes and numbering need to know of this thread.
struct ThreadState {
  bool grad_enabled = true;  // whether operations are recorded: grad_mode, unless in inference mode
  bool grad_mode = true;
  bool inference = false;
  std::uint64_t sequence = 0;

  void set(bool grad, bool in_inference) {
    grad_mode = grad;
    inference = in_inference;
    grad_enabled = grad && !in_inference;
  }
};
inline thread_local constinit ThreadState thread_state;

}  // namespace taper::detail
