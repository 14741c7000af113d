#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "taper/autograd/autograd.h"
#include "taper/tensor/tensor.h"

namespace taper::autograd {

class Context;

namespace detail {

/// The parts of a Context, and what its node needs to run backward.
struct ContextState;

using BackwardCall = std::vector<Tensor> (*)(Context& context, const std::vector<Tensor>& gradients);

/// What the tape needs to know of a type of function.
struct FunctionType {
  const char* name;
  BackwardCall backward;
  bool once_differentiable;
};

/// Opens a recording: the tensors among the function's `arguments` (undefined for anything else).
Context open_context(std::vector<Tensor> arguments);
/// Puts the outputs on the tape.
std::vector<Tensor> close_context(Context& context, const FunctionType& type, std::vector<Tensor> outputs);

/// A user's object of any type: a function that owns it and tells its address.
struct Holder {
  taper::Callable<void*()> object;
  const void* type = nullptr;
};
template <class T>
inline constexpr char type_tag = 0;
[[noreturn]] void wrong_context_type();

/// "Cube" out of the compiler's name of a function template instantiated with it, and "CubeBackward" from that, kept
/// for good.
const char* backward_name(std::string_view pretty_function);
template <class T>
const char* node_name() {
  static const char* const name = backward_name(__PRETTY_FUNCTION__);
  return name;
}

}  // namespace detail

/// What a function of one's own carries from its forward to its backward (torch.autograd.function.FunctionCtx).
class Context {
 public:
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  Context(Context&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  ~Context();

  /// Keeps tensors, inputs or outputs, for backward; one changed in place meanwhile is a GradError there.
  void save_for_backward(std::vector<Tensor> tensors);
  /// The i-th of them; IndexError outside.
  Tensor saved(std::size_t i) const;
  /// Keeps anything else, one object a context.
  template <class T>
  void set(T value) {
    set_holder({[kept = std::move(value)]() mutable -> void* { return &kept; }, &detail::type_tag<T>});
  }
  /// That object; TypeError if it is of another type.
  template <class T>
  T& get() const {
    const detail::Holder& kept = holder();
    if (kept.type != &detail::type_tag<T>) detail::wrong_context_type();
    return *static_cast<T*>(kept.object());
  }
  /// Outputs named here do not require grad; backward sees zeros for them. So do outputs of integers without being
  /// named.
  void mark_non_differentiable(std::vector<Tensor> outputs);
  /// Arguments that forward changes in place: to be called before it does, with tensors that forward then returns.
  /// GradError for a leaf that requires grad and for a view that must not be changed in place.
  void mark_dirty(std::vector<Tensor> arguments);
  /// Whether argument `i` of forward, the context not counted, is a tensor that requires grad. A std::vector<Tensor>
  /// counts as so many arguments.
  bool needs_input_grad(std::size_t i) const;
  /// Whether backward sees zeros (the default) or an undefined tensor for an output that got no gradient.
  void set_materialize_grads(bool value);

 private:
  friend Context detail::open_context(std::vector<Tensor> arguments);
  friend std::vector<Tensor> detail::close_context(Context&, const detail::FunctionType&, std::vector<Tensor>);
  explicit Context(detail::ContextState* state) : state_(state) {}
  friend struct detail::ContextState;

  void set_holder(detail::Holder holder);
  const detail::Holder& holder() const;

  detail::ContextState* state_;
};

/// An operation of one's own with its own derivative (torch.autograd.Function):
///
///     struct Cube : autograd::Function<Cube> {
///       static Tensor forward(Context& ctx, const Tensor& x) { ctx.save_for_backward({x}); return x * x * x; }
///       static Tensor backward(Context& ctx, const Tensor& grad) { return grad * 3 * ctx.saved(0).square(); }
///     };
///     Tensor z = Cube::apply(x);
///
/// forward takes tensors, vectors of tensors and anything else, runs unrecorded, and returns a Tensor or a
/// std::vector<Tensor>. An argument that it returns as it is, or a view that it returns, cannot be changed in place
/// afterwards (GradError): backward would not know.
///
/// backward takes the output's gradient, or a std::vector<Tensor> of them, and returns a gradient for each tensor
/// argument, as a Tensor where there is one, else as a std::vector<Tensor> (which may also have an entry for each
/// argument of any kind, undefined where that is no tensor). An undefined one counts as zero; one of a shape that the
/// argument's broadcasts to is summed to it; ShapeError for any other. Backward is recorded under create_graph, so that
/// higher derivatives work if it is written in operations. Where it is not, `static constexpr bool once_differentiable
/// = true;` makes a second derivative a GradError.
template <class Derived>
class Function {
 public:
  using Context = autograd::Context;

  template <class... Args>
  static auto apply(Args&&... args) {
    std::vector<Tensor> arguments;
    (collect(arguments, args), ...);
    Context context = detail::open_context(std::move(arguments));
    using Result = decltype(Derived::forward(context, std::forward<Args>(args)...));
    if constexpr (std::is_same_v<std::decay_t<Result>, Tensor>) {
      std::vector<Tensor> outputs;
      outputs.push_back(run(context, std::forward<Args>(args)...));
      return detail::close_context(context, type(), std::move(outputs))[0];
    } else {
      std::vector<Tensor> outputs = run(context, std::forward<Args>(args)...);
      return detail::close_context(context, type(), std::move(outputs));
    }
  }

 private:
  static detail::FunctionType type() {
    bool once = false;
    if constexpr (requires { Derived::once_differentiable; }) once = Derived::once_differentiable;
    return {detail::node_name<Derived>(), &call_backward, once};
  }

  template <class T>
  static void collect(std::vector<Tensor>& arguments, const T& value) {
    if constexpr (std::is_convertible_v<const T&, const Tensor&>)
      arguments.push_back(value);
    else if constexpr (std::is_convertible_v<const T&, const std::vector<Tensor>&>)
      arguments.insert(arguments.end(), value.begin(), value.end());
    else
      arguments.emplace_back();
  }

  template <class... Args>
  static auto run(Context& context, Args&&... args) {
    const NoGradGuard unrecorded;
    return Derived::forward(context, std::forward<Args>(args)...);
  }

  static std::vector<Tensor> call_backward(Context& context, const std::vector<Tensor>& gradients) {
    if constexpr (std::is_invocable_v<decltype(&Derived::backward), Context&, const std::vector<Tensor>&>)
      return listed(Derived::backward(context, gradients));
    else
      return listed(Derived::backward(context, gradients[0]));
  }
  static std::vector<Tensor> listed(Tensor gradient) { return {std::move(gradient)}; }
  static std::vector<Tensor> listed(std::vector<Tensor> gradients) { return gradients; }
};

}  // namespace taper::autograd
