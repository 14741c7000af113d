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

/// Opens a recording of the function called `name`: the tensors among its `arguments` (undefined for anything else).
Context open_context(std::vector<Tensor> arguments);
/// Puts the outputs on the tape.
std::vector<Tensor> close_context(Context& context, const char* name, std::vector<Tensor> outputs,
                                  BackwardCall backward);

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
  /// Outputs named here get no gradient, and none is asked of backward for them.
  void mark_non_differentiable(std::vector<Tensor> outputs);
  /// Whether argument `i` of forward, the context not counted, is a tensor that wants a gradient.
  bool needs_input_grad(std::size_t i) const;
  /// Whether backward sees zeros (the default) or an undefined tensor for an output that got no gradient.
  void set_materialize_grads(bool value);

 private:
  friend Context detail::open_context(std::vector<Tensor> arguments);
  friend std::vector<Tensor> detail::close_context(Context&, const char*, std::vector<Tensor>, detail::BackwardCall);
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
/// forward takes tensors and anything else, runs unrecorded, and returns a Tensor or a std::vector<Tensor>. backward
/// takes the output's gradient, or a std::vector<Tensor> of them, and returns a gradient for each tensor argument, as a
/// Tensor where there is one, else as a std::vector<Tensor> (which may also have an entry for each argument of any
/// kind). An undefined one counts as zero. Backward is recorded under create_graph, so that higher derivatives work if
/// it is written in operations.
template <class Derived>
class Function {
 public:
  using Context = autograd::Context;

  template <class... Args>
  static auto apply(Args&&... args) {
    Context context = detail::open_context({argument(args)...});
    using Result = decltype(Derived::forward(context, std::forward<Args>(args)...));
    if constexpr (std::is_same_v<std::decay_t<Result>, Tensor>) {
      std::vector<Tensor> outputs;
      outputs.push_back(run(context, std::forward<Args>(args)...));
      return detail::close_context(context, detail::node_name<Derived>(), std::move(outputs), &call_backward)[0];
    } else {
      std::vector<Tensor> outputs = run(context, std::forward<Args>(args)...);
      return detail::close_context(context, detail::node_name<Derived>(), std::move(outputs), &call_backward);
    }
  }

 private:
  template <class T>
  static Tensor argument(const T& value) {
    if constexpr (std::is_convertible_v<const T&, const Tensor&>)
      return value;
    else
      return {};
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
