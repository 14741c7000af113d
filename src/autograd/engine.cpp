#include "autograd/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "autograd/anomaly.h"
#include "autograd/row_gradient.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "tensor/make.h"

namespace taper {

void Grads::add(int i, Tensor gradient) {
  if (detail::checking_nan()) [[unlikely]]
    detail::check_nan(node_, i, gradient);
  task_.send(node_.edges()[i], std::move(gradient));
}
bool Grads::is_needed(const detail::Edge& edge) const { return task_.wants(edge); }

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

thread_local constinit Task* innermost = nullptr;

}  // namespace

bool lets_go_of_saved() { return innermost->lets_go_; }

Task::Task(bool retain_graph, bool create_graph)
    : retain_(retain_graph || create_graph), create_(create_graph), outer_(innermost) {
  innermost = this;
  heap_.reserve(8);
  leaves_.reserve(4);
  if (anomaly_mode.load(std::memory_order_relaxed) != 0) count_backward();
}

Task::~Task() {
  innermost = outer_;
  for (Node* node : heap_) {
    if (guests_.contains(node)) continue;
    for (std::size_t i = 0; i < node->outputs; ++i) node->pending()[i] = Tensor();
    node->task.store(nullptr, std::memory_order_release);
  }
  for (Leaf& leaf : leaves_) {
    const void* self = this;
    leaf.impl->extra->task.compare_exchange_strong(self, nullptr);
    release(leaf.impl);
  }
}

bool Task::is_same_thread(const void* owner) const {
  for (const Task* task = this; task != nullptr; task = task->outer_)
    if (task == owner) return true;
  return false;
}

// The right to run a node that another backward holds. One on this thread stands still meanwhile. One on another thread
// is waited for: a backward runs its nodes from the largest number down, so of two that wait for each other's node one
// would have to go upwards.
class Task::Turn {
 public:
  Turn(const Task& task, Node* node) : node_(node) {
    for (int i = 0;; ++i) {
      const void* owner = nullptr;
      if (node->task.compare_exchange_strong(owner, &task)) break;
      if (task.is_same_thread(owner)) {
        node_ = nullptr;
        break;
      }
      if (task.outer_ != nullptr)
        throw GradError(
            fmt::format("{}: a backward on another thread runs through this graph, which a hook's backward "
                        "cannot wait for; run them one after the other",
                        op_name(node->name)));
      if (i < 64)
        std::this_thread::yield();
      else
        std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
  ~Turn() {
    if (node_ != nullptr) node_->task.store(nullptr, std::memory_order_release);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// Whether nobody else is in the middle of the node.
  bool alone() const { return node_ != nullptr; }

 private:
  Node* node_;
};

bool Task::is_needed(const Edge& edge) const {
  const auto found = needed_.find(edge_target(edge));
  return found != needed_.end() && found->second;
}

Tensor& Task::leaf_slot(TensorImpl* leaf) {
  // The other backward may have ended since: what began aside goes on there.
  if (!contended_.empty())
    if (const auto at = contended_.find(leaf); at != contended_.end()) return leaves_[at->second].sum;
  Extra& parts = *leaf->extra;
  const void* owner = parts.task.load(std::memory_order_relaxed);
  if (owner == this) return leaves_[parts.slot].sum;
  owner = nullptr;
  if (parts.task.compare_exchange_strong(owner, this)) {
    parts.slot = leaves_.size();
  } else {
    contended_.emplace(leaf, leaves_.size());
  }
  retain(leaf);
  return leaves_.emplace_back(Leaf{leaf, {}}).sum;
}

void Task::push(Node* node) {
  heap_.push_back(node);
  if (heap_.size() > 1) std::push_heap(heap_.begin(), heap_.end(), before);
}

// Where the gradients for a node wait: in the node, or with this task if another one is there.
Tensor* Task::slots_of(Node* node) {
  const void* owner = node->task.load(std::memory_order_relaxed);
  if (owner == this) return node->pending();
  if (!guests_.empty())
    if (const auto found = guests_.find(node); found != guests_.end()) return found->second.data();
  if (owner == nullptr && node->task.compare_exchange_strong(owner, this)) {
    push(node);
    return node->pending();
  }
  Tensor* slots = guests_.emplace(node, node->outputs).first->second.data();
  push(node);
  return slots;
}

void Task::send(const Edge& edge, Tensor&& gradient) {
  if (!gradient.defined() || !wants(edge)) return;
  if (edge.leaf() != nullptr) return accumulate(leaf_slot(edge.leaf()), std::move(gradient));
  Tensor* slots = slots_of(edge.node());
  if (gradient.is_sparse()) gradient = gradient.to_dense();
  accumulate(slots[edge.nr()], std::move(gradient));
}

void Task::run_hooks(Node* node, Tensor* gradients) {
  const std::vector<NodeHook> hooks = node->hooks->hooks;  // one may remove itself
  for (const NodeHook& entry : hooks)
    if (Tensor& g = gradients[entry.output_nr]; g.defined()) g = run_hook(entry.hook, std::move(g));
  keep_retained(*node, gradients);
}

void Task::run_node(Node* node, Tensor* gradients, bool may_release) {
  if (chosen_)
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i].node() == node) captured_[i] = gradients[targets_[i].nr()];
  if (node->hooks != nullptr) run_hooks(node, gradients);
  if (chosen_) {
    bool further = false;
    for (std::size_t i = 0; i < node->inputs; ++i) further |= wants(node->edges()[i]);
    if (!further) return;
  }
  if (!node->saved)
    throw GradError(fmt::format("{}: the graph has been freed; pass retain_graph = true to the first backward",
                                op_name(node->name)));
  lets_go_ = !retain_ && may_release && node->type->saves_tensors;
  Grads dx(*node, *this, gradients, chosen_);
  if (anomaly_mode.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    const RunningNode running(*node);
    node->type->apply(*node, dx);
  } else {
    node->type->apply(*node, dx);
  }
  if (lets_go_) node->release_saved();
}

void Task::run_nodes() {
  const GradMode mode(create_);
  while (!heap_.empty()) {
    Node* node = heap_.front();
    const auto guest = guests_.empty() ? guests_.end() : guests_.find(node);
    const bool own = guest == guests_.end();
    if (own) {
      run_node(node, node->pending(), true);
    } else {
      const Turn turn(*this, node);
      run_node(node, guest->second.data(), turn.alone());
    }
    // The body sent only to smaller numbers, so the node is still in front.
    if (heap_.size() > 1) std::pop_heap(heap_.begin(), heap_.end(), before);
    heap_.pop_back();
    if (!own) {
      guests_.erase(node);
      continue;
    }
    for (std::size_t i = 0; i < node->outputs; ++i)
      if (node->pending()[i].defined()) node->pending()[i] = Tensor();
    node->task.store(nullptr, std::memory_order_release);
  }
}

void Task::run_to_leaves() {
  run_nodes();
  const GradMode mode(create_);
  for (std::size_t i = 0; i < leaves_.size(); ++i) {  // by number: a hook may run a backward
    Tensor& sum = leaves_[i].sum;
    if (!sum.defined()) continue;
    const std::vector<Hook> hooks = leaves_[i].impl->extra->hooks;
    if (!hooks.empty() && is_row_held(sum)) sum = sum.to_dense();
    for (const Hook& hook : hooks) sum = run_hook(hook, std::move(sum));
    if (checking_nan()) check_nan(*leaves_[i].impl, sum);
  }
  for (Leaf& leaf : leaves_) {
    if (!leaf.sum.defined()) continue;
    const std::lock_guard lock(leaf_mutex());
    accumulate_grad(leaf.impl->extra->grad, std::move(leaf.sum), create_);
  }
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
    if (is_row_held(leaf.sum)) leaf.sum = leaf.sum.to_dense();
    for (const Hook& hook : leaf.impl->extra->hooks)
      if (hook.id == kOwnHook) leaf.sum = run_hook(hook, std::move(leaf.sum));
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i].leaf() == leaf.impl) captured_[i] = leaf.sum;
  }
  return std::move(captured_);
}

}  // namespace detail
}  // namespace taper
