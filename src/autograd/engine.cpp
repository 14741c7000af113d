#include "autograd/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "autograd/row_gradient.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "tensor/make.h"

namespace taper {

void Grads::add(int i, Tensor gradient) { task_.send(node_.edges()[i], std::move(gradient)); }
bool Grads::wants(int i) const { return task_.wants(node_.edges()[i]); }

namespace detail {
namespace {

bool before(const Node* a, const Node* b) { return a->sequence < b->sequence; }

std::mutex& leaf_mutex() {
  static std::mutex mutex;
  return mutex;
}

const void* edge_target(const Edge& edge) {
  return edge.node() != nullptr ? static_cast<const void*>(edge.node()) : edge.leaf();
}

Tensor run_hooks(const std::vector<Hook>& hooks, Tensor gradient) {
  if (!hooks.empty() && is_row_held(gradient)) gradient = gradient.to_dense();
  for (const Hook& hook : hooks)
    if (Tensor changed = hook.call(gradient); changed.defined()) gradient = std::move(changed);
  return gradient;
}

}  // namespace

Task::Task(BackwardOptions options)
    : retain_(options.retain_graph || options.create_graph), create_(options.create_graph) {}

Task::~Task() {
  for (Node* node : heap_) {
    for (std::size_t i = 0; i < node->outputs; ++i) node->pending()[i] = Tensor();
    node->task.store(nullptr, std::memory_order_release);
  }
  for (Leaf& leaf : leaves_) {
    const void* self = this;
    leaf.impl->extra->task.compare_exchange_strong(self, nullptr);
    release(leaf.impl);
  }
}

bool Task::wants(const Edge& edge) const {
  if (!edge.valid() || !chosen_) return edge.valid();
  const auto found = needed_.find(edge_target(edge));
  return found != needed_.end() && found->second;
}

Tensor& Task::leaf_slot(TensorImpl* leaf) {
  Extra& parts = *leaf->extra;
  const void* owner = nullptr;
  if (parts.task.compare_exchange_strong(owner, this)) {
    parts.slot = leaves_.size();
  } else if (owner == this) {
    return leaves_[parts.slot].sum;
  } else {
    const auto [at, fresh] = contended_.try_emplace(leaf, leaves_.size());
    if (!fresh) return leaves_[at->second].sum;
  }
  retain(leaf);
  return leaves_.emplace_back(Leaf{leaf, {}}).sum;
}

void Task::send(const Edge& edge, Tensor gradient) {
  if (!gradient.defined() || !wants(edge)) return;
  if (edge.leaf() != nullptr) return accumulate(leaf_slot(edge.leaf()), std::move(gradient));
  Node* node = edge.node();
  const void* owner = node->task.load(std::memory_order_relaxed);
  if (owner != this) {
    if (owner != nullptr || !node->task.compare_exchange_strong(owner, this))
      throw GradError(fmt::format("{}: another backward is running through this graph; run them one after the other",
                                  op_name(node->name)));
    heap_.push_back(node);
    if (heap_.size() > 1) std::push_heap(heap_.begin(), heap_.end(), before);
  }
  if (gradient.is_sparse()) gradient = gradient.to_dense();
  accumulate(node->pending()[edge.nr()], std::move(gradient));
}

void Task::run_node(Node* node) {
  if (node->hooks != nullptr)
    for (const NodeHook& entry : *node->hooks)
      if (Tensor& g = node->pending()[entry.output_nr]; g.defined())
        if (Tensor changed = entry.hook.call(g); changed.defined()) g = std::move(changed);
  if (chosen_) {
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i].node() == node) captured_[i] = node->pending()[targets_[i].nr()];
    bool further = false;
    for (std::size_t i = 0; i < node->inputs; ++i) further |= wants(node->edges()[i]);
    if (!further) return;
  }
  if (!node->saved)
    throw GradError(fmt::format("{}: the graph has been freed; pass retain_graph = true to the first backward",
                                op_name(node->name)));
  Grads dx(*node, *this);
  node->type->apply(*node, dx);
  if (!retain_ && node->type->saves_tensors) node->release_saved();
}

void Task::run_nodes() {
  const GradMode mode(create_);
  while (!heap_.empty()) {
    Node* node = heap_.front();
    run_node(node);
    // The body sent only to smaller numbers, so the node is still in front.
    if (heap_.size() > 1) std::pop_heap(heap_.begin(), heap_.end(), before);
    heap_.pop_back();
    for (std::size_t i = 0; i < node->outputs; ++i)
      if (node->pending()[i].defined()) node->pending()[i] = Tensor();
    node->task.store(nullptr, std::memory_order_release);
  }
}

void Task::deliver(Leaf& leaf) {
  Extra& parts = *leaf.impl->extra;
  leaf.sum = run_hooks(parts.hooks, std::move(leaf.sum));
  const std::lock_guard lock(leaf_mutex());
  accumulate_grad(parts.grad, std::move(leaf.sum), create_);
}

void Task::run_to_leaves() {
  run_nodes();
  const GradMode mode(create_);
  for (Leaf& leaf : leaves_)
    if (leaf.sum.defined()) deliver(leaf);
}

void Task::choose(const std::vector<Edge>& roots, std::vector<Edge> targets) {
  chosen_ = true;
  targets_ = std::move(targets);
  captured_.resize(targets_.size());
  for (const Edge& target : targets_) needed_[edge_target(target)] = true;
  // Depth first with a stack of (node, next input): a node is needed if it is a target or one of its inputs is needed.
  std::vector<std::pair<Node*, std::size_t>> stack;
  std::unordered_map<const void*, bool> visited;
  for (const Edge& root : roots) {
    if (root.node() == nullptr || !visited.try_emplace(root.node()).second) continue;
    stack.emplace_back(root.node(), 0);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next == node->inputs) {
        bool& mark = needed_[node];
        for (std::size_t i = 0; i < node->inputs && !mark; ++i)
          if (const auto found = needed_.find(edge_target(node->edges()[i])); found != needed_.end())
            mark = found->second;
        stack.pop_back();
        continue;
      }
      Node* input = node->edges()[next++].node();
      if (input != nullptr && visited.try_emplace(input).second) stack.emplace_back(input, 0);
    }
  }
}

std::vector<Tensor> Task::run_to_targets() {
  run_nodes();
  const GradMode mode(create_);
  for (Leaf& leaf : leaves_) {
    if (!leaf.sum.defined()) continue;
    leaf.sum = run_hooks(leaf.impl->extra->hooks, std::move(leaf.sum));
    if (is_row_held(leaf.sum)) leaf.sum = leaf.sum.to_dense();
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i].leaf() == leaf.impl) captured_[i] = leaf.sum;
  }
  return std::move(captured_);
}

}  // namespace detail
}  // namespace taper
