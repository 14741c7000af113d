#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "taper/nn/module.h"

namespace taper::nn {

namespace detail {

/// The place of element i of n, counted from the end where negative; IndexError outside [-n, n).
std::size_t checked_place(const char* who, std::int64_t i, std::size_t n);
[[noreturn]] void wrong_module(std::int64_t i, const Module& module);

/// Elements of a module: assigning writes into those that are there.
template <class T>
class Elements : public std::vector<T> {
 public:
  Elements() = default;
  Elements(const Elements&) = default;
  Elements(Elements&&) noexcept = default;
  ~Elements() = default;
  Elements& operator=(const Elements& other) {
    if (this->empty()) static_cast<std::vector<T>&>(*this) = other;
    for (std::size_t i = 0; i < this->size() && i < other.size(); ++i) (*this)[i] = other[i];
    return *this;
  }
};

/// Any module that takes and gives one tensor, as a value.
class AnyModule {
 public:
  template <std::derived_from<Module> M>
  explicit AnyModule(M module) : module_(new M(std::move(module))), type_(&types<M>) {
    static_assert(std::is_invocable_r_v<Tensor, M&, const Tensor&>,
                  "each module of a Sequential takes a tensor and gives one");
  }
  AnyModule(const AnyModule& other) : module_(other.type_->copy(*other.module_)), type_(other.type_) {}
  AnyModule(AnyModule&& other) noexcept : module_(std::exchange(other.module_, nullptr)), type_(other.type_) {}
  /// Both must hold modules of one type.
  AnyModule& operator=(const AnyModule& other) {
    type_->assign(*module_, *other.module_);
    return *this;
  }
  ~AnyModule() { delete module_; }

  Module& operator*() const { return *module_; }
  Tensor operator()(const Tensor& x) const { return type_->call(*module_, x); }

 private:
  struct Type {
    Module* (*copy)(const Module&);
    void (*assign)(Module&, const Module&);
    Tensor (*call)(Module&, const Tensor&);
  };
  template <class M>
  static constexpr Type types = {
      [](const Module& module) -> Module* { return new M(static_cast<const M&>(module)); },
      [](Module& to, const Module& from) { static_cast<M&>(to) = static_cast<const M&>(from); },
      [](Module& module, const Tensor& x) -> Tensor { return static_cast<M&>(module)(x); },
  };

  Module* module_;
  const Type* type_;
};

}  // namespace detail

/// Modules one behind the other, each fed with what the one before it gives (torch.nn.Sequential). It owns them: a
/// module handed over is copied, or moved. One Sequential inside another is one child.
///
///     nn::Sequential model{nn::Embedding(5, 10), nn::Flatten(), nn::Linear(50, 2)};
///
/// Round brackets do as well, but only between braces does C++ make the modules from left to right, and so draw their
/// first numbers in PyTorch's order.
class Sequential : public Module {
 public:
  Sequential() = default;
  template <std::derived_from<Module> First, std::derived_from<Module>... Rest>
  explicit Sequential(First first, Rest... rest) {
    add(detail::AnyModule(std::move(first)));
    (add(detail::AnyModule(std::move(rest))), ...);
  }

  /// Adds a module at the end, named by its number. Returns *this.
  template <std::derived_from<Module> M>
  Sequential& append(M module) {
    add(detail::AnyModule(std::move(module)));
    return *this;
  }
  /// The same under a name of its own; ValueError if it is taken, empty, or has a dot.
  template <std::derived_from<Module> M>
  Sequential& add_module(std::string name, M module) {
    add(std::move(name), detail::AnyModule(std::move(module)));
    return *this;
  }

  std::int64_t size() const { return static_cast<std::int64_t>(modules_.size()); }
  /// Module i, counted from the end where negative; IndexError outside. As what it is: get.
  Module& operator[](std::int64_t i) {
    return *modules_[detail::checked_place("Sequential", i, modules_.size())].module;
  }
  const Module& operator[](std::int64_t i) const {
    return *modules_[detail::checked_place("Sequential", i, modules_.size())].module;
  }
  /// Module i as an M: `model.get<nn::Linear>(2).weight`. TypeError if it is none.
  template <std::derived_from<Module> M>
  M& get(std::int64_t i) {
    if (M* module = (*this)[i].template as<M>()) return *module;
    detail::wrong_module(i, (*this)[i]);
  }
  template <std::derived_from<Module> M>
  const M& get(std::int64_t i) const {
    if (const M* module = (*this)[i].template as<M>()) return *module;
    detail::wrong_module(i, (*this)[i]);
  }

  Tensor forward(Tensor x) const;
  template <class X>
  Tensor operator()(X&& x) {
    return detail::call(*this, std::forward<X>(x));
  }
  template <class X>
  Tensor operator()(X&& x) const {
    return detail::call(*this, std::forward<X>(x));
  }
  void taper_module_members(detail::MemberList& list) const override;
  std::string_view taper_module_name() const override { return "Sequential"; }

 private:
  struct Named {
    std::string name;
    detail::AnyModule module;
  };
  void add(detail::AnyModule module);
  void add(std::string name, detail::AnyModule module);

  detail::Elements<Named> modules_;
};

/// As many modules of one type as a loop adds (torch.nn.ModuleList): a list of children, which is not called itself.
///
///     nn::ModuleList<Block> blocks;
///     for (int i = 0; i < 4; ++i) blocks.append(Block(64));
///     for (auto& block : blocks) x = block(x);
template <std::derived_from<Module> M>
class ModuleList : public Module {
 public:
  ModuleList() = default;
  /// Copies of these.
  ModuleList(std::initializer_list<M> modules) {
    for (const M& module : modules) append(module);
  }

  /// Adds a module at the end; references to the others end. Returns *this.
  ModuleList& append(M module) {
    modules_.push_back(std::move(module));
    return *this;
  }

  std::int64_t size() const { return static_cast<std::int64_t>(modules_.size()); }
  /// Module i, counted from the end where negative; IndexError outside.
  M& operator[](std::int64_t i) { return modules_[detail::checked_place("ModuleList", i, modules_.size())]; }
  const M& operator[](std::int64_t i) const {
    return modules_[detail::checked_place("ModuleList", i, modules_.size())];
  }
  auto begin() { return modules_.begin(); }
  auto end() { return modules_.end(); }
  auto begin() const { return modules_.begin(); }
  auto end() const { return modules_.end(); }

  void taper_module_members(detail::MemberList& list) const override {
    std::size_t i = 0;
    for (const M& module : modules_) list.add(std::to_string(i++), module);
  }
  std::string_view taper_module_name() const override { return "ModuleList"; }

 private:
  detail::Elements<M> modules_;
};

}  // namespace taper::nn
