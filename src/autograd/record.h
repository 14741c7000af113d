#pragma once

#include <array>
#include <initializer_list>
#include <new>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "autograd/anomaly.h"
#include "autograd/grads.h"
#include "autograd/node.h"
#include "tensor/make.h"

namespace taper {

/// A reference to a tensor in an input list, so that listing inputs touches no reference count.
class InputRef {
 public:
  InputRef(const Tensor& tensor) : tensor_(&tensor) {}
  const Tensor& operator*() const { return *tensor_; }

 private:
  const Tensor* tensor_;
};

/// The shape and dtype of an operand, saved where backward needs no more of it.
struct Like {
  Shape shape;
  DType dtype = DType::float32;
  Like() = default;
  explicit Like(const Tensor& tensor) : shape(tensor.shape()), dtype(tensor.dtype()) {}
};

/// What an operation keeps for its backward. Tensors are kept with their version: one changed in place before backward
/// is a GradError. A tensor that is the operation's own result is kept without its history, so that no cycle forms.
template <class... S>
std::tuple<S&&...> saved(S&&... values) {
  return std::tuple<S&&...>(std::forward<S>(values)...);
}

/// A tensor of which backward reads the numbers only for the gradient of `other` (or of `another`). Where those require
/// none, its geometry alone is kept: its memory may go, and it may be changed in place.
struct ReadFor {
  const Tensor& tensor;
  const Tensor& other;
  const Tensor& another;
  bool needed() const { return other.requires_grad() || another.requires_grad(); }
};
inline ReadFor read_for(const Tensor& tensor, const Tensor& other) { return {tensor, other, other}; }
inline ReadFor read_for(const Tensor& tensor, const Tensor& other, const Tensor& another) {
  return {tensor, other, another};
}

namespace detail {

/// A saved tensor for the time of a backward body: the saved one itself, with no reference counted, or one made anew.
class Unpacked {
 public:
  explicit Unpacked(const Tensor& saved) : tensor_(&saved) {}
  explicit Unpacked(Tensor&& made) : made_(std::move(made)), tensor_(&made_) {}
  Unpacked(const Unpacked&) = delete;
  Unpacked& operator=(const Unpacked&) = delete;
  operator const Tensor&() const { return *tensor_; }

 private:
  Tensor made_;
  const Tensor* tensor_;
};

/// A tensor in a node: the numbers without their history, and the history beside them.
class SavedTensor {
 public:
  SavedTensor(const Tensor& tensor, std::span<const Tensor> results);
  SavedTensor(const Tensor& tensor, const Tensor& out) : SavedTensor(tensor, std::span(&out, 1)) {}
  /// One whose numbers backward will not read.
  static SavedTensor unread(const Tensor& tensor);
  /// The tensor as it was saved; GradError naming the operation if it has been changed in place since.
  Unpacked unpack(Node& node) const;

 private:
  SavedTensor() = default;
  Tensor rebuild(Node& node) const;

  Tensor tensor_;  // an alias outside the tape, or the leaf itself
  Edge history_;   // of a non-leaf
  std::uint32_t version_ = 0;
  int result_ = -1;  // which of the operation's results it is
};

/// GradError: an inference tensor cannot be saved.
[[noreturn]] void refuse_inference(const TensorImpl& tensor);

/// GradError naming `node`'s operation unless `tensor` is still at `version`.
void check_version(Node& node, const Tensor& tensor, std::uint32_t version);

class SavedList {
 public:
  SavedList(const std::vector<Tensor>& tensors, const Tensor& out);
  std::vector<Tensor> unpack(Node& node) const;

 private:
  std::vector<SavedTensor> tensors_;
};

template <class T>
struct Keep {
  using Type = T;
  static constexpr bool tensor = false;
  static const T& make(const T& value, const Tensor&) { return value; }
  static const T& get(const T& kept, Node&) { return kept; }
};
template <>
struct Keep<Tensor> {
  using Type = SavedTensor;
  static constexpr bool tensor = true;
  static SavedTensor make(const Tensor& value, const Tensor& out) { return {value, out}; }
  static Unpacked get(const SavedTensor& kept, Node& node) { return kept.unpack(node); }
};
template <>
struct Keep<ReadFor> {
  using Type = SavedTensor;
  static constexpr bool tensor = true;
  static SavedTensor make(const ReadFor& value, const Tensor& out) {
    if (!value.needed()) return SavedTensor::unread(value.tensor);
    return {value.tensor, out};
  }
  static Unpacked get(const SavedTensor& kept, Node& node) { return kept.unpack(node); }
};
template <>
struct Keep<std::vector<Tensor>> {
  using Type = SavedList;
  static constexpr bool tensor = true;
  static SavedList make(const std::vector<Tensor>& value, const Tensor& out) { return {value, out}; }
  static std::vector<Tensor> get(const SavedList& kept, Node& node) { return kept.unpack(node); }
};

template <class Body, class... S>
struct Recorded {
  using Payload = std::tuple<typename Keep<S>::Type...>;
  static constexpr std::uint32_t results = 1;
  static_assert(std::is_empty_v<Body>, "a backward body captures nothing: what it needs stands in saved(...)");

  static void apply(Node& node, Grads& dx) {
    const Tensor g = std::move(dx.gradient(0));
    if (!g.defined()) return;
    std::apply([&](const auto&... kept) { Body{}(dx, g, Keep<S>::get(kept, node)...); },
               *static_cast<const Payload*>(node.payload()));
  }
  static void destroy(void* payload) { static_cast<Payload*>(payload)->~Payload(); }

  static constexpr NodeType type{&apply, &destroy, (Keep<S>::tensor || ...)};
};

/// The same for an operation with R results, whose body gets all their gradients.
template <std::uint32_t R, class Body, class... S>
struct RecordedAll {
  using Payload = typename Recorded<Body, S...>::Payload;
  static constexpr std::uint32_t results = R;

  static void apply(Node& node, Grads& dx) {
    std::array<Tensor, R> gradients;
    bool any = false;
    for (std::size_t i = 0; i < R; ++i) {
      gradients[i] = std::move(dx.gradient(i));
      any = any || gradients[i].defined();
    }
    if (!any) return;
    std::apply([&](const auto&... kept) { Body{}(dx, gradients, Keep<S>::get(kept, node)...); },
               *static_cast<const Payload*>(node.payload()));
  }

  static constexpr NodeType type{&apply, &Recorded<Body, S...>::destroy, (Keep<S>::tensor || ...)};
};

/// Holds the maker's reference to a node until the node's result takes it over.
struct NodeOwner {
  Node* node;
  ~NodeOwner() {
    if (node != nullptr) release(node);
  }
};

/// Records the results that begin at `out`, which alone of them may be among the values.
template <class Type, class Inputs, class... S>
void record_node(const char* name, const Tensor& out, const Inputs& inputs, std::size_t count,
                 std::tuple<S...>&& values) {
  using Payload = typename Type::Payload;
  Node* node = Node::make(name, &Type::type, count, Type::results, sizeof(Payload));
  NodeOwner owner{node};
  std::size_t i = 0;
  for (const auto& input : inputs) {
    if ((*input).defined()) node->edges()[i] = Edge::into(*input);
    ++i;
  }
  std::apply(
      [&](const auto&... value) { ::new (node->payload()) Payload{Keep<std::remove_cvref_t<S>>::make(value, out)...}; },
      values);
  node->saved = true;
  node->number();
  if (anomaly_mode.load(std::memory_order_relaxed) != 0) [[unlikely]]
    note_origin(*node, {&*std::begin(inputs), count});
  for (std::uint32_t nr = 1; nr < Type::results; ++nr) set_history((&out)[nr], node, nr);
  adopt_history(out, node, 0);
  owner.node = nullptr;
}

}  // namespace detail

/// Puts an operation on the tape: `out` becomes the result of a node called `name` whose inputs are `inputs`, and
/// `body(dx, g, saved...)` sends the gradient g of `out` on to them. Costs nothing where no input requires grad or
/// recording is off. Returns `out`.
template <std::size_t N, class Body, class... S>
Tensor record(const char* name, Tensor out, const InputRef (&inputs)[N], std::tuple<S...>&& values, Body) {
  if (!detail::thread_state.grad_enabled) return out;
  bool needed = false;
  for (const InputRef& input : inputs) needed |= (*input).defined() && (*input).requires_grad();
  using Type = detail::Recorded<Body, std::remove_cvref_t<S>...>;
  if (needed) detail::record_node<Type>(name, out, inputs, N, std::move(values));
  return out;
}

/// The same for a list of inputs whose length is known only at run time.
template <class Body, class... S>
Tensor record_list(const char* name, Tensor out, const std::vector<Tensor>& inputs, std::tuple<S...>&& values, Body) {
  if (!detail::thread_state.grad_enabled) return out;
  const std::vector<InputRef> list(inputs.begin(), inputs.end());
  bool needed = false;
  for (const InputRef& input : list) needed |= (*input).requires_grad();
  using Type = detail::Recorded<Body, std::remove_cvref_t<S>...>;
  if (needed) detail::record_node<Type>(name, out, list, list.size(), std::move(values));
  return out;
}

/// The same for several results, of which the first may be saved: `body(dx, gradients, saved...)` gets an array of
/// their gradients, undefined where none came.
template <std::size_t R, std::size_t N, class Body, class... S>
std::array<Tensor, R> record_all(const char* name, std::array<Tensor, R> out, const InputRef (&inputs)[N],
                                 std::tuple<S...>&& values, Body) {
  if (!detail::thread_state.grad_enabled) return out;
  bool needed = false;
  for (const InputRef& input : inputs) needed |= (*input).defined() && (*input).requires_grad();
  using Type = detail::RecordedAll<R, Body, std::remove_cvref_t<S>...>;
  if (needed) detail::record_node<Type>(name, out[0], inputs, N, std::move(values));
  return out;
}

/// Whether an operation on these tensors would be recorded now.
inline bool would_record(std::initializer_list<InputRef> inputs) {
  if (!detail::thread_state.grad_enabled) return false;
  for (const InputRef& input : inputs)
    if ((*input).defined() && (*input).requires_grad()) return true;
  return false;
}

}  // namespace taper
