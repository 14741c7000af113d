#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "taper/autograd/anomaly.h"
#include "taper/base/callable.h"
#include "taper/nn/parameter.h"
#include "taper/tensor/tensor.h"
#include "taper/tensor/tensor_map.h"

namespace taper::nn {

class Module;

/// What load_state_dict did not find its other half for.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys;     ///< in the module alone
  std::vector<std::string> unexpected_keys;  ///< in the state dict alone
  /// PyTorch's text: "<All keys matched successfully>" where there are none.
  std::string str() const;
};
std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys);

/// Keywords of Module::load_state_dict.
struct LoadStateDictOptions {
  bool strict = true;  ///< a missing or unexpected key is an error
};

/// Runs before forward and sees the tensors among its arguments; it may put others in their place.
using ForwardPreHook = Callable<void(Module& module, std::vector<Tensor>& inputs)>;
/// Runs after forward, once for each tensor of the result (with an undefined one where the result holds none); a
/// defined tensor that it returns takes that one's place.
using ForwardHook = Callable<Tensor(Module& module, const std::vector<Tensor>& inputs, const Tensor& output)>;
/// Runs in backward, when the gradients for a call's inputs have been computed: `grad_input` has an entry for each
/// tensor among the inputs, `grad_output` one for each tensor of the result, undefined where nothing wants it. What it
/// returns takes grad_input's place, entry by entry, unless it is empty.
using FullBackwardHook = Callable<std::vector<Tensor>(Module& module, const std::vector<Tensor>& grad_input,
                                                      const std::vector<Tensor>& grad_output)>;

namespace detail {
struct Hooks;
class HookedCall;
class MemberList;
class TrackedList;

template <class F>
using PreHookResult = std::invoke_result_t<F&, Module&, std::vector<Tensor>&>;
template <class F>
using HookResult = std::invoke_result_t<F&, Module&, const std::vector<Tensor>&, const Tensor&>;
template <class F>
using BackwardHookResult = std::invoke_result_t<F&, Module&, const std::vector<Tensor>&, const std::vector<Tensor>&>;
template <class F>
concept ReplacingPreHook = (!std::is_void_v<PreHookResult<F>>);
template <class F>
concept LookingHook = (std::is_void_v<HookResult<F>>);
template <class F>
concept PlainBackwardHook = std::is_void_v<BackwardHookResult<F>> || std::derived_from<BackwardHookResult<F>, Tensor>;
}  // namespace detail

/// Base of everything with parameters (torch.nn.Module). A module is a struct whose parameters, buffers and child
/// modules are plain members, named once by TAPER_MODULE:
///
///     struct Classifier : nn::Module {
///       nn::Embedding embedding;
///       nn::Linear fc;
///       Classifier(int64_t vocab, int64_t dim, int64_t classes) : embedding(vocab, dim), fc(dim, classes) {}
///       Tensor forward(const Tensor& ids) { return fc(embedding(ids).mean(1)); }
///       TAPER_MODULE(embedding, fc)
///     };
///
/// Modules are values. A copy has numbers of its own (without gradients) and keeps what was tied tied; a move steals;
/// `model = best;` writes best's numbers into model's memory, so that optimizers keep their handles: ShapeError, and
/// nothing changed, unless both have the same members of the same shapes.
///
/// Listings go through a module's own parameters, then its buffers, then its children, each in written order. The first
/// listing of each type of module (parameters(), state_dict(), print, ...) warns of members that are parameters,
/// buffers or modules and that TAPER_MODULE does not name. What is to be no part of the module is held by pointer; what
/// lies on the heap, in a std::vector say, is not seen, and check_registered finds it.
class Module : private detail::Tracked {
 public:
  /// Whether dropout and its like are on: train() and eval() set it in all children, too.
  bool training = true;

  virtual ~Module();

  /// Sets `training` here and in all children. Returns *this.
  Module& train(bool mode = true);
  Module& eval() { return train(false); }

  /// Handles on all parameters under their dotted names, each once: a tied one under its first name.
  std::vector<std::pair<std::string, Tensor>> named_parameters(std::string_view prefix = "", bool recurse = true) const;
  std::vector<Tensor> parameters(bool recurse = true) const;
  std::vector<std::pair<std::string, Tensor>> named_buffers(std::string_view prefix = "", bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  /// The modules directly inside.
  std::vector<std::pair<std::string, Module*>> named_children();
  std::vector<std::pair<std::string, const Module*>> named_children() const;
  std::vector<Module*> children();
  std::vector<const Module*> children() const;
  /// This module, under the name `prefix`, and all inside it, parents first.
  std::vector<std::pair<std::string, Module*>> named_modules(std::string_view prefix = "");
  std::vector<std::pair<std::string, const Module*>> named_modules(std::string_view prefix = "") const;
  std::vector<Module*> modules();
  std::vector<const Module*> modules() const;

  /// All parameters and persistent buffers by name. The tensors share the module's memory and are off the tape.
  TensorMap state_dict(std::string_view prefix = "") const;
  /// Writes the numbers into this module, converting their dtype. StateError with all that does not match, and then
  /// nothing is loaded: shapes that differ, and, unless strict is false, missing and unexpected keys.
  IncompatibleKeys load_state_dict(const TensorMap& state, LoadStateDictOptions options = {});

  /// Clears the gradients, or fills them with zeros.
  void zero_grad(bool set_to_none = true);
  /// Calls `fn` with every module inside, children first, and with this one. Returns *this.
  Module& apply(const Callable<void(Module&)>& fn);
  /// Whether the parameters are to learn. Returns *this.
  Module& requires_grad_(bool value = true);
  /// Converts floating-point parameters, buffers and gradients, behind the handles that there are on them. TypeError
  /// unless dtype is floating-point. Returns *this.
  Module& to(DType dtype);

  /// Adds a hook; the handle removes it. Hooks run when the module is called as `module(...)`, and stay with a copy.
  HookHandle register_forward_pre_hook(ForwardPreHook hook);
  HookHandle register_forward_hook(ForwardHook hook);
  /// A hook on the gradients of a call. The inputs and results of such a call cannot be changed in place (GradError).
  /// Backward throws GradError where the module lives no more, and ValueError where the hook returns another number of
  /// gradients than there are inputs, or any for a call whose inputs want none.
  HookHandle register_full_backward_hook(FullBackwardHook hook);
  /// The same for a hook that only looks, or returns the gradient of the only input.
  template <detail::PlainBackwardHook F>
  HookHandle register_full_backward_hook(F hook) {
    return register_full_backward_hook(
        FullBackwardHook([h = std::move(hook)](Module& module, const std::vector<Tensor>& grad_input,
                                               const std::vector<Tensor>& grad_output) mutable {
          std::vector<Tensor> others;
          if constexpr (std::is_void_v<detail::BackwardHookResult<F>>)
            h(module, grad_input, grad_output);
          else if (Tensor other = h(module, grad_input, grad_output); other.defined())
            others.push_back(std::move(other));
          return others;
        }));
  }
  /// The same for a hook that returns what is to take the inputs' place: a tensor, or a vector of them; undefined or
  /// empty to leave them.
  template <detail::ReplacingPreHook F>
  HookHandle register_forward_pre_hook(F hook) {
    return register_forward_pre_hook(
        ForwardPreHook([h = std::move(hook)](Module& module, std::vector<Tensor>& inputs) mutable {
          auto others = h(module, inputs);
          if constexpr (std::derived_from<decltype(others), Tensor>) {
            if (others.defined()) inputs.assign(1, others);
          } else {
            if (!others.empty()) inputs = std::move(others);
          }
        }));
  }
  /// The same for a hook that only looks.
  template <detail::LookingHook F>
  HookHandle register_forward_hook(F hook) {
    return register_forward_hook(ForwardHook(
        [h = std::move(hook)](Module& module, const std::vector<Tensor>& inputs, const Tensor& output) mutable {
          h(module, inputs, output);
          return Tensor();
        }));
  }

  /// This module as an M, or null if it is none: `if (auto* linear = module.as<nn::Linear>())`.
  template <std::derived_from<Module> M>
  M* as() {
    return dynamic_cast<M*>(this);
  }
  template <std::derived_from<Module> M>
  const M* as() const {
    return dynamic_cast<const M*>(this);
  }

  /// The struct's own name, without namespaces.
  std::string_view name() const { return taper_module_name(); }
  /// What stands in the brackets behind the name; a struct may override it.
  virtual std::string extra_repr() const { return {}; }
  /// PyTorch's repr.
  std::string str() const;

  // For TAPER_MODULE and what it calls.
  virtual void taper_module_members(detail::MemberList& list) const = 0;
  virtual std::string_view taper_module_name() const = 0;
  bool has_hooks() const { return hooks_ != nullptr; }
  void run_forward_pre_hooks(std::vector<Tensor>& inputs) const;
  void run_forward_hooks(const std::vector<Tensor>& inputs, Tensor& output) const;

 protected:
  Module() : Tracked(Kind::module) {}
  Module(const Module& other);
  Module(Module&& other) noexcept;
  Module& operator=(const Module& other);

 private:
  friend class detail::HookedCall;
  friend class detail::TrackedList;

  detail::Hooks* hooks_ = nullptr;
  bool moved_from_ = false;
};

std::ostream& operator<<(std::ostream& out, const Module& module);

/// Goes through the graph of `loss` and throws a StateError that names every parameter (by shape, or by name where it
/// is known) that took part but is not among the model's: one that its TAPER_MODULE does not list.
void check_registered(const Module& model, const Tensor& loss);

namespace detail {

/// A member of a module: one of the three pointers is set.
struct Member {
  std::string name;
  const Parameter* parameter = nullptr;
  const Buffer* buffer = nullptr;
  const Module* module = nullptr;
};

template <class T>
inline constexpr bool is_member =
    std::derived_from<T, Parameter> || std::derived_from<T, Buffer> || std::derived_from<T, Module>;

/// Where an object lies.
struct Extent {
  const void* begin;
  std::size_t size;
};
/// Warns of parameters, buffers and modules that lie in the object of `module`, but in none of those listed under
/// `names`; once for each `checked`.
void warn_of_unlisted(bool& checked, const Module& module, Extent object, std::initializer_list<Extent> listed,
                      std::string_view names);

class MemberList {
 public:
  /// `names` is the text between TAPER_MODULE's brackets.
  template <class Self, class... T>
  void add_all(const Self& self, const std::string_view names, const T&... listed) {
    static_assert((is_member<T> && ...),
                  "TAPER_MODULE lists members that are nn::Parameter, nn::Buffer or modules; numbers and plain tensors "
                  "stay out of it, and several modules in one member are a nn::ModuleList or nn::Sequential");
    [[maybe_unused]] std::string_view rest = names;
    (add(next_name(rest), listed), ...);
    static constinit bool checked = false;
    warn_of_unlisted(checked, self, {&self, sizeof(Self)}, {Extent{&listed, sizeof(T)}...}, names);
  }
  void add(std::string name, const Parameter& parameter) {
    members.push_back({std::move(name), &parameter, nullptr, nullptr});
  }
  void add(std::string name, const Buffer& buffer) { members.push_back({std::move(name), nullptr, &buffer, nullptr}); }
  void add(std::string name, const Module& module) { members.push_back({std::move(name), nullptr, nullptr, &module}); }

  std::vector<Member> members;

 private:
  /// Cuts the first name off.
  static std::string next_name(std::string_view& names);
};

/// The last part of a type's name: "Block" of "const my::Block<int>&".
std::string_view short_type_name(std::string_view pretty_function);
template <class T>
std::string_view type_name() {
  static const std::string_view name = short_type_name(__PRETTY_FUNCTION__);
  return name;
}

/// The module whose call this thread is in, the outermost one: it knows the names of those inside.
inline thread_local constinit const Module* outermost_call = nullptr;
class CallScope : autograd::detail::Frame {
 public:
  explicit CallScope(const Module& module)
      : Frame{autograd::detail::innermost_frame, &describe_call},
        module_(module),
        outermost_(outermost_call == nullptr) {
    if (outermost_) outermost_call = &module;
    autograd::detail::innermost_frame = this;
  }
  ~CallScope() {
    autograd::detail::innermost_frame = outer;
    if (outermost_) outermost_call = nullptr;
  }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  static std::string describe_call(const Frame& frame);

  const Module& module_;
  bool outermost_;
};

struct BackwardHookRun;

/// One call of a module that has hooks, as they see it.
class HookedCall {
 public:
  /// Runs the forward pre-hooks on those of the inputs that are not null.
  HookedCall(const Module& module, std::initializer_list<const Tensor*> inputs);
  ~HookedCall();
  HookedCall(const HookedCall&) = delete;
  HookedCall& operator=(const HookedCall&) = delete;
  /// Input i of those that are not null, as the hooks have left it.
  const Tensor& input(std::size_t i) const { return inputs_[i]; }
  /// To be told of each tensor of the result, and then of its end.
  void add_output(Tensor& output);
  void finish();

 private:
  const Module& module_;
  std::vector<Tensor> inputs_;
  std::vector<Tensor*> outputs_{};
  BackwardHookRun* run_ = nullptr;  // where there are full backward hooks: they watch the edges of what it records
};

template <class T>
const Tensor* tensor_or_null(const T& argument) {
  if constexpr (std::derived_from<T, Tensor>)
    return &argument;
  else
    return nullptr;
}

template <class T>
concept TupleLike = requires {
  std::tuple_size<T>::value;
};

template <class R>
void add_outputs(HookedCall& call, R& result) {
  if constexpr (std::same_as<R, Tensor>) {
    call.add_output(result);
  } else if constexpr (std::same_as<R, std::vector<Tensor>>) {
    for (Tensor& tensor : result) call.add_output(tensor);
  } else if constexpr (TupleLike<R>) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      using std::get;
      (add_outputs(call, get<I>(result)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<R>>());
  }
}

/// The argument in place K, or the tensor that stands for it now.
template <std::size_t K, class... Args, class A>
decltype(auto) hooked_argument(const HookedCall& call, A&& argument) {
  if constexpr (std::same_as<std::remove_cvref_t<A>, Tensor>) {
    constexpr bool tensors[] = {std::derived_from<std::remove_cvref_t<Args>, Tensor>...};
    std::size_t before = 0;
    for (std::size_t k = 0; k < K; ++k) before += tensors[k] ? 1 : 0;
    return Tensor(call.input(before));
  } else {
    return static_cast<A&&>(argument);
  }
}

template <class Self, class... Args>
decltype(auto) call_with_hooks(Self& self, Args&&... args) {
  HookedCall hooked(self, {tensor_or_null(args)...});
  const auto forward = [&]<std::size_t... I>(std::index_sequence<I...>)->decltype(auto) {
    return self.forward(hooked_argument<I, Args...>(hooked, std::forward<Args>(args))...);
  };
  using Indices = std::index_sequence_for<Args...>;
  using Result = decltype(forward(Indices()));
  if constexpr (std::is_void_v<Result>) {
    forward(Indices());
    hooked.finish();
  } else {
    Result result = forward(Indices());
    add_outputs(hooked, result);
    hooked.finish();
    return result;
  }
}

/// `self(args...)`: forward with its hooks.
template <class Self, class... Args>
decltype(auto) call(Self& self, Args&&... args) {
  const CallScope scope(self);
  if (self.has_hooks()) return call_with_hooks(self, std::forward<Args>(args)...);
  return self.forward(std::forward<Args>(args)...);
}

template <class Self, class... Args>
concept ConstForward = requires(const std::remove_reference_t<Self>& self, Args&&... args) {
  self.forward(std::forward<Args>(args)...);
};

/// The dotted name of `module` inside the outermost module that is being called, or what its parameter `weight` was
/// last listed under; empty where nobody knows one.
std::string name_in_call(const Module& module, const Tensor& weight);

}  // namespace detail
}  // namespace taper::nn

/// Stands once in every module, behind its members, and names those that are parameters, buffers and children (also the
/// inherited ones): `TAPER_MODULE(embedding, fc)`. Anything else in the list is a compile error. It also gives the
/// module `operator()`, which takes what forward takes; this is a template, so the struct cannot stand inside a
/// function.
#define TAPER_MODULE(...)                                                                 \
  template <class... TaperArgs>                                                           \
  decltype(auto) operator()(TaperArgs&&... taper_args) {                                  \
    return ::taper::nn::detail::call(*this, static_cast<TaperArgs&&>(taper_args)...);     \
  }                                                                                       \
  template <class... TaperArgs>                                                           \
  decltype(auto) operator()(TaperArgs&&... taper_args)                                    \
      const requires ::taper::nn::detail::ConstForward<decltype(*this), TaperArgs...> {   \
    return ::taper::nn::detail::call(*this, static_cast<TaperArgs&&>(taper_args)...);     \
  }                                                                                       \
  void taper_module_members(::taper::nn::detail::MemberList& taper_list) const override { \
    taper_list.add_all(*this, #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__);                   \
  }                                                                                       \
  ::std::string_view taper_module_name() const override {                                 \
    return ::taper::nn::detail::type_name<::std::remove_cvref_t<decltype(*this)>>();      \
  }
