#pragma once

#include <type_traits>
#include <utility>

namespace taper {

template <class Signature>
class Callable;

/// An owning, movable holder of anything callable: what std::function is, without its header.
template <class R, class... Args>
class Callable<R(Args...)> {
 public:
  Callable() = default;
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Callable> &&
                                              std::is_invocable_r_v<R, std::decay_t<F>&, Args...>>>
  Callable(F&& callable)
      : object_(new std::decay_t<F>(std::forward<F>(callable))),
        call_([](void* f, Args... args) -> R {
          return static_cast<R>((*static_cast<std::decay_t<F>*>(f))(std::forward<Args>(args)...));
        }),
        destroy_([](void* f) { delete static_cast<std::decay_t<F>*>(f); }) {}
  Callable(Callable&& other) noexcept { swap(other); }
  Callable& operator=(Callable&& other) noexcept {
    swap(other);
    return *this;
  }
  Callable(const Callable&) = delete;
  Callable& operator=(const Callable&) = delete;
  ~Callable() {
    if (object_ != nullptr) destroy_(object_);
  }

  explicit operator bool() const { return object_ != nullptr; }
  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void swap(Callable& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(call_, other.call_);
    std::swap(destroy_, other.destroy_);
  }

  void* object_ = nullptr;
  R (*call_)(void*, Args...) = nullptr;
  void (*destroy_)(void*) = nullptr;
};

}  // namespace taper
