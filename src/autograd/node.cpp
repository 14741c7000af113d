#include "autograd/node.h"

#include <algorithm>
#include <cctype>
#include <new>
#include <string_view>

#include "autograd/record.h"
#include "base/pool.h"
#include "tensor/storage.h"
#include "tensor/undo.h"

namespace taper::detail {
namespace {

struct Graveyard {
  Node* first = nullptr;
  bool busy = false;
};
thread_local constinit Graveyard graveyard;

void bury(Node* node) {
  node->release_saved();
  if (node->noted) forget_origin(*node);
  for (std::size_t i = 0; i < node->inputs; ++i) node->edges()[i].~Edge();
  for (std::size_t i = 0; i < node->outputs; ++i) node->pending()[i].~Tensor();
  delete node->hooks;
  const std::size_t bytes = node->bytes;
  node->~Node();
  pool::release(node, bytes);
}

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

}  // namespace

Node* Node::make(const char* name, const NodeType* type, std::size_t inputs, std::size_t outputs, std::size_t payload) {
  const std::size_t head = aligned(sizeof(Node) + inputs * sizeof(Edge) + outputs * sizeof(Tensor));
  const std::size_t bytes = head + payload;
  Node* node = ::new (pool::allocate(bytes)) Node;
  node->inputs = static_cast<std::uint32_t>(inputs);
  node->outputs = static_cast<std::uint32_t>(outputs);
  node->type = type;
  node->name = name;
  node->bytes = static_cast<std::uint32_t>(bytes);
  node->payload_at = static_cast<std::uint32_t>(head);
  for (std::size_t i = 0; i < inputs; ++i) ::new (node->edges() + i) Edge;
  for (std::size_t i = 0; i < outputs; ++i) ::new (node->pending() + i) Tensor;
  return node;
}

void Node::number() {
  std::uint64_t largest = thread_state.sequence;
  for (std::size_t i = 0; i < inputs; ++i)
    if (Node* input = edges()[i].node()) largest = std::max(largest, input->sequence);
  thread_state.sequence = sequence = largest + 1;
}

void Node::release_saved() {
  if (!saved) return;
  saved = false;
  type->destroy(payload());
}

// Freeing a node drops its inputs' nodes in turn. A list takes the place of the recursion, so that a chain may be of
// any length.
void destroy(Node* node) noexcept {
  node->next = graveyard.first;
  graveyard.first = node;
  if (graveyard.busy) return;
  graveyard.busy = true;
  while (graveyard.first != nullptr) {
    Node* dead = graveyard.first;
    graveyard.first = dead->next;
    bury(dead);
  }
  graveyard.busy = false;
}

std::string op_name(const char* node_name) {
  std::string_view text = node_name;
  if (const auto end = text.rfind("Backward"); end != std::string_view::npos) text = text.substr(0, end);
  std::string result;
  for (const char c : text) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0 && !result.empty()) result += '_';
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

Edge Edge::into(const Tensor& tensor) {
  Edge edge;
  TensorImpl& impl = tensor.get();
  if (impl.base != nullptr && view_requires_grad(impl)) refresh_view(tensor);
  if (impl.grad_fn != nullptr) {
    retain(impl.grad_fn);
    edge.node_ = impl.grad_fn;
    edge.nr_ = impl.output_nr;
  } else if (impl.requires_grad) {
    retain(&impl);
    edge.leaf_ = &impl;
  }
  return edge;
}

void adopt_history(const Tensor& tensor, Node* node, std::uint32_t nr) {
  TensorImpl& impl = tensor.get();
  if (impl.extra != nullptr && impl.extra->retains_grad) move_retained_grad(impl, node, nr);
  if (impl.grad_fn != nullptr) release(impl.grad_fn);
  impl.grad_fn = node;
  impl.output_nr = nr;
}

void set_history(const Tensor& tensor, Node* node, std::uint32_t nr) {
  retain(node);
  adopt_history(tensor, node, nr);
}

SavedTensor::SavedTensor(const Tensor& tensor, std::span<const Tensor> results) {
  if (!tensor.defined()) return;
  const TensorImpl& impl = tensor.get();
  if (impl.inference) refuse_inference(impl);
  version_ = raw_version(impl);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i].impl() == &impl) result_ = static_cast<int>(i);
  // A leaf that requires grad cannot get a history later, so it may be held itself; anything else could come to depend
  // on the node that holds it.
  if (impl.requires_grad && impl.grad_fn == nullptr) {
    tensor_ = tensor;
    return;
  }
  tensor_ = alias(tensor);
  if (result_ < 0 && tensor.requires_grad()) history_ = Edge::into(tensor);
}

SavedTensor SavedTensor::unread(const Tensor& tensor) {
  SavedTensor saved;
  saved.tensor_ = hollow(tensor);
  return saved;
}

Unpacked SavedTensor::unpack(Node& node) const {
  if (!tensor_.defined() || (!thread_state.grad_enabled && raw_version(tensor_.get()) == version_))
    return Unpacked(tensor_);
  return Unpacked(rebuild(node));
}

Tensor SavedTensor::rebuild(Node& node) const {
  Tensor found = tensor_;
  if (tensor_.version() != version_) {
    found = as_of_version(tensor_, version_);
    if (!found.defined()) check_version(node, tensor_, version_);
  }
  if (!thread_state.grad_enabled) return found;
  const bool leaf = result_ < 0 && !history_.valid();
  if (leaf && (found.is(tensor_) || !tensor_.requires_grad())) return found;
  if (leaf)
    return record("CloneBackward0", std::move(found), {tensor_}, saved(),
                  [](Grads& dx, const Tensor& g) { dx.add(0, g); });
  Tensor result = alias(found);
  if (result_ >= 0)
    set_history(result, &node, static_cast<std::uint32_t>(result_));
  else if (history_.node() != nullptr)
    set_history(result, history_.node(), history_.nr());
  return result;
}

SavedList::SavedList(const std::vector<Tensor>& tensors, const Tensor& out) {
  tensors_.reserve(tensors.size());
  for (const Tensor& tensor : tensors) tensors_.emplace_back(tensor, out);
}

std::vector<Tensor> SavedList::unpack(Node& node) const {
  std::vector<Tensor> result;
  result.reserve(tensors_.size());
  for (const SavedTensor& tensor : tensors_) result.push_back(static_cast<const Tensor&>(tensor.unpack(node)));
  return result;
}

}  // namespace taper::detail
