#include "taper/nn/container.h"

#include <fmt/format.h>

#include "taper/base/error.h"

namespace taper::nn {
namespace detail {

std::size_t checked_place(const char* who, std::int64_t i, std::size_t n) {
  const auto count = static_cast<std::int64_t>(n);
  if (i < -count || i >= count)
    throw IndexError(fmt::format("{}: index {} is outside [{}, {})", who, i, -count, count));
  return static_cast<std::size_t>(i < 0 ? i + count : i);
}

void wrong_module(std::int64_t i, const Module& module) {
  throw TypeError(fmt::format("Sequential: module {} is a {}, not what get was asked for", i, module.name()));
}

}  // namespace detail

Tensor Sequential::forward(Tensor x) const {
  for (const Named& named : modules_) x = named.module(x);
  return x;
}

void Sequential::taper_module_members(detail::MemberList& list) const {
  for (const Named& named : modules_) list.add(named.name, *named.module);
}

void Sequential::add(detail::AnyModule module) { add(std::to_string(size()), std::move(module)); }

void Sequential::add(std::string name, detail::AnyModule module) {
  if (name.empty() || name.find('.') != std::string::npos)
    throw ValueError(fmt::format("Sequential: '{}' cannot name a module: a name is not empty and has no dot", name));
  for (const Named& named : modules_)
    if (named.name == name) throw ValueError(fmt::format("Sequential: there is a module '{}' already", name));
  modules_.push_back({std::move(name), std::move(module)});
}

}  // namespace taper::nn
