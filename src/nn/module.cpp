// What all modules share: walking the tree, copying, assigning, and what is done to every parameter.
#include "taper/nn/module.h"

#include <fmt/format.h>

#include <memory>
#include <typeinfo>
#include <unordered_set>

#include "nn/copying.h"
#include "nn/hooks.h"
#include "nn/tree.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::nn {
namespace detail {

std::string MemberList::next_name(std::string_view& names) {
  const auto comma = names.find(',');
  std::string_view name = names.substr(0, comma);
  names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
  // A template names inherited members as this->weight.
  if (const auto arrow = name.rfind("->"); arrow != std::string_view::npos) name.remove_prefix(arrow + 2);
  const auto first = name.find_first_not_of(" \t\n");
  const auto last = name.find_last_not_of(" \t\n");
  return first == std::string_view::npos ? std::string() : std::string(name.substr(first, last - first + 1));
}

std::string_view short_type_name(std::string_view pretty_function) {
  // g++: "... type_name() [with T = a::B<c>; std::string_view = ...]", clang: "... type_name() [T = a::B<c>]".
  std::string_view name = pretty_function.substr(pretty_function.find("T = ") + 4);
  int depth = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (; end < name.size(); ++end) {
    const char c = name[end];
    if (depth == 0 && (c == '<' || c == ';' || c == ']')) {
      if (c != '<') break;
      // Template arguments, unless another scope follows them.
      int open = 0;
      std::size_t close = end;
      do {
        open += name[close] == '<' ? 1 : name[close] == '>' ? -1 : 0;
        ++close;
      } while (open > 0 && close < name.size());
      if (name.substr(close, 2) != "::") break;
      end = close - 1;
      continue;
    }
    if (c == '(' || c == '{' || c == '[') ++depth;
    if (c == ')' || c == '}' || c == ']') --depth;
    if (depth == 0 && c == ':') begin = end + 1;
  }
  return name.substr(begin, end - begin);
}

std::vector<Member> members_of(const Module& module) {
  MemberList list;
  module.taper_module_members(list);
  return std::move(list.members);
}

Tree walk(const Module& root, std::string_view name) {
  Tree tree;
  std::vector<std::pair<std::string, const Module*>> waiting{{std::string(name), &root}};
  while (!waiting.empty()) {
    TreeNode node{std::move(waiting.back().first), waiting.back().second, {}};
    waiting.pop_back();
    node.members = members_of(*node.module);
    for (auto member = node.members.rbegin(); member != node.members.rend(); ++member)
      if (member->module != nullptr) waiting.emplace_back(node.path(member->name), member->module);
    tree.push_back(std::move(node));
  }
  return tree;
}

std::string CallScope::describe_call(const Frame& frame) {
  const Module& module = static_cast<const CallScope&>(frame).module_;
  const std::string path = name_in_call(module, Tensor());
  return "in " + std::string(module.name()) + (path.empty() ? "" : " '" + path + "'");
}

std::string name_in_call(const Module& module, const Tensor& weight) {
  if (outermost_call != nullptr && outermost_call != &module)
    for (const TreeNode& node : walk(*outermost_call))
      if (node.module == &module) return node.name;
  if (!weight.defined() || weight.get().extra == nullptr) return {};
  const std::string& listed = weight.get().extra->name;
  const auto dot = listed.rfind('.');
  return dot == std::string::npos ? std::string() : listed.substr(0, dot);
}

}  // namespace detail

using detail::Member;
using detail::members_of;
using detail::Tree;
using detail::TreeNode;
using detail::walk;
using detail::writable;

Module::~Module() {
  detail::end_copy(*this);
  if (hooks_ != nullptr) hooks_->lists->module = nullptr;
  delete hooks_;
}

Module::Module(const Module& other) : Tracked(other), training(other.training), moved_from_(other.moved_from_) {
  if (other.hooks_ != nullptr) {
    auto hooks = std::make_unique<detail::Hooks>();
    *hooks->lists = *other.hooks_->lists;
    hooks->lists->module = this;
    detail::begin_copy(other, *this);
    hooks_ = hooks.release();
    return;
  }
  detail::begin_copy(other, *this);
}

Module::Module(Module&& other) noexcept
    : Tracked(other),
      training(other.training),
      hooks_(std::exchange(other.hooks_, nullptr)),
      moved_from_(std::exchange(other.moved_from_, true)) {
  if (hooks_ != nullptr) hooks_->lists->module = this;
}

namespace {

void check_same(const TreeNode& to, const TreeNode& from, const char* name) {
  if (typeid(*to.module) != typeid(*from.module) || to.members.size() != from.members.size())
    throw ShapeError(
        fmt::format("{}: '{}' is a {} with {} members here and a {} with {} there; assign modules of one make", name,
                    to.name, to.module->name(), to.members.size(), from.module->name(), from.members.size()));
  for (std::size_t i = 0; i < to.members.size(); ++i) {
    const auto tensor_of = [](const Member& member) -> const Tensor* {
      if (member.parameter != nullptr) return member.parameter;
      return member.buffer;
    };
    const Member& a = to.members[i];
    const Member& b = from.members[i];
    if (a.name != b.name)
      throw ShapeError(fmt::format("{}: '{}' here is '{}' there; assign modules of one make", name, to.path(a.name),
                                   from.path(b.name)));
    const Tensor* here = tensor_of(a);
    const Tensor* there = tensor_of(b);
    if (here == nullptr || there == nullptr) continue;
    const auto shape = [](const Tensor& tensor) {
      return tensor.defined() ? to_string(tensor.shape()) : std::string("nothing");
    };
    if (here->defined() != there->defined() || (here->defined() && here->shape() != there->shape()))
      throw ShapeError(fmt::format("{}: '{}' has shape {}, but {} is to be assigned", name, to.path(a.name),
                                   shape(*here), shape(*there)));
  }
}

}  // namespace

// Runs before the members are assigned, each of which then writes its numbers.
Module& Module::operator=(const Module& other) {
  if (this == &other) return *this;
  if (!moved_from_) {
    const Tree to = walk(*this);
    const Tree from = walk(other);
    const std::string name(this->name());
    for (std::size_t i = 0; i < to.size() && i < from.size(); ++i) check_same(to[i], from[i], name.c_str());
  }
  training = other.training;
  moved_from_ = other.moved_from_;
  return *this;
}

Module& Module::train(bool mode) {
  for (const TreeNode& node : walk(*this)) writable(node.module).training = mode;
  return *this;
}

namespace {

// Children's names with a pointer to each, const or not.
template <class Pointer>
std::vector<std::pair<std::string, Pointer>> list_children(const Module& module) {
  std::vector<std::pair<std::string, Pointer>> result;
  for (Member& member : members_of(module))
    if (member.module != nullptr) result.emplace_back(std::move(member.name), const_cast<Pointer>(member.module));
  return result;
}

template <class Pointer>
std::vector<std::pair<std::string, Pointer>> list_modules(const Module& module, std::string_view prefix) {
  std::vector<std::pair<std::string, Pointer>> result;
  for (TreeNode& node : walk(module, prefix))
    result.emplace_back(std::move(node.name), const_cast<Pointer>(node.module));
  return result;
}

template <class T>
std::vector<T> second_of(const std::vector<std::pair<std::string, T>>& pairs) {
  std::vector<T> result;
  result.reserve(pairs.size());
  for (const auto& [name, value] : pairs) result.push_back(value);
  return result;
}

// Writes a parameter's name down for messages. A longer name that ends with this one says more and stays.
void note_name(const Tensor& tensor, const std::string& name) {
  std::string& noted = taper::detail::extra(tensor).name;
  if (noted != name && !noted.ends_with("." + name)) noted = name;
}

template <class Select>
std::vector<std::pair<std::string, Tensor>> list_tensors(const Module& module, std::string_view prefix, bool recurse,
                                                         Select select) {
  std::vector<std::pair<std::string, Tensor>> result;
  std::unordered_set<const taper::detail::TensorImpl*> seen;
  for (const TreeNode& node : recurse ? walk(module, prefix) : Tree{{std::string(prefix), &module, members_of(module)}})
    for (const Member& member : node.members)
      if (const Tensor* tensor = select(member);
          tensor != nullptr && tensor->defined() && seen.insert(tensor->impl()).second)
        result.emplace_back(node.path(member.name), *tensor);
  return result;
}

}  // namespace

std::vector<std::pair<std::string, Tensor>> Module::named_parameters(std::string_view prefix, bool recurse) const {
  auto result = list_tensors(*this, prefix, recurse, [](const Member& member) { return member.parameter; });
  for (const auto& [name, parameter] : result) note_name(parameter, name);
  return result;
}
std::vector<Tensor> Module::parameters(bool recurse) const { return second_of(named_parameters("", recurse)); }

std::vector<std::pair<std::string, Tensor>> Module::named_buffers(std::string_view prefix, bool recurse) const {
  return list_tensors(*this, prefix, recurse, [](const Member& member) { return member.buffer; });
}
std::vector<Tensor> Module::buffers(bool recurse) const { return second_of(named_buffers("", recurse)); }

std::vector<std::pair<std::string, Module*>> Module::named_children() { return list_children<Module*>(*this); }
std::vector<std::pair<std::string, const Module*>> Module::named_children() const {
  return list_children<const Module*>(*this);
}
std::vector<Module*> Module::children() { return second_of(named_children()); }
std::vector<const Module*> Module::children() const { return second_of(named_children()); }

std::vector<std::pair<std::string, Module*>> Module::named_modules(std::string_view prefix) {
  return list_modules<Module*>(*this, prefix);
}
std::vector<std::pair<std::string, const Module*>> Module::named_modules(std::string_view prefix) const {
  return list_modules<const Module*>(*this, prefix);
}
std::vector<Module*> Module::modules() { return second_of(named_modules()); }
std::vector<const Module*> Module::modules() const { return second_of(named_modules()); }

void Module::zero_grad(bool set_to_none) {
  for (const Tensor& parameter : parameters()) {
    if (set_to_none) {
      parameter.set_grad({});
      continue;
    }
    const Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (gradient.is_sparse())
      parameter.set_grad(taper::detail::make_sparse(
          gradient.indices().narrow(1, 0, 0), gradient.values().detach().narrow(0, 0, 0), gradient.shape(), true));
    else {
      Tensor zeros = gradient.detach();
      zeros.zero_();
      parameter.set_grad(zeros);
    }
  }
}

Module& Module::apply(const Callable<void(Module&)>& fn) {
  // Children first: a walk, which puts parents first and children in order, cannot simply be read backwards.
  struct Open {
    Module* module;
    std::vector<Module*> rest;
  };
  const auto reversed = [](Module& module) {
    std::vector<Module*> children = module.children();
    return std::vector<Module*>(children.rbegin(), children.rend());
  };
  std::vector<Open> open;
  open.push_back({this, reversed(*this)});
  while (!open.empty()) {
    if (open.back().rest.empty()) {
      fn(*open.back().module);
      open.pop_back();
      continue;
    }
    Module* next = open.back().rest.back();
    open.back().rest.pop_back();
    open.push_back({next, reversed(*next)});
  }
  return *this;
}

Module& Module::requires_grad_(bool value) {
  for (const Tensor& parameter : parameters()) parameter.requires_grad_(value);
  return *this;
}

}  // namespace taper::nn
