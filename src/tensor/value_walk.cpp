// What visits all of a tree: its text and its tensors. A tree may be deep, so nothing here recurses.
#include <fmt/format.h>

#include <ostream>

#include "base/python_text.h"
#include "taper/base/error.h"
#include "taper/tensor/value.h"

namespace taper {
namespace {

using Kind = Value::Kind;

bool is_container(const Value& value) { return value.kind() >= Kind::list; }

/// A container that is being walked, and how far.
struct Level {
  const Value* container;
  std::size_t next = 0;
  std::size_t prefix = 0;  // the length of the names' common part

  bool done() const { return next == container->size(); }
};

std::string leaf_text(const Value& value) {
  switch (value.kind()) {
    case Kind::boolean:
      return detail::python_bool(value.as<bool>());
    case Kind::integer:
      return fmt::to_string(value.as<std::int64_t>());
    case Kind::floating:
      return detail::python_float(value.as<double>());
    case Kind::string:
      return detail::python_string(value.as<std::string>());
    case Kind::tensor:
      return value.as<Tensor>().str();
    default:
      return "None";
  }
}

char opening(Kind kind) { return kind == Kind::dict ? '{' : kind == Kind::list ? '[' : '('; }

std::string closing(const Value& container) {
  if (container.kind() == Kind::dict) return "}";
  if (container.kind() == Kind::list) return "]";
  return container.size() == 1 ? ",)" : ")";
}

}  // namespace

std::string Value::str() const {
  if (!is_container(*this)) return leaf_text(*this);
  std::string text(1, opening(kind_));
  std::vector<Level> levels{{this}};
  while (!levels.empty()) {
    Level& level = levels.back();
    const Value& container = *level.container;
    if (level.done()) {
      text += closing(container);
      levels.pop_back();
      continue;
    }
    if (level.next > 0) text += ", ";
    const std::size_t number = level.next++;
    const bool keyed = container.kind() == Kind::dict;
    if (keyed) text += container.dict().begin()[static_cast<std::ptrdiff_t>(number)].first.str() + ": ";
    const Value& item =
        keyed ? container.dict().begin()[static_cast<std::ptrdiff_t>(number)].second : container.list()[number];
    if (is_container(item)) {
      text += opening(item.kind());
      levels.push_back({&item});
    } else {
      text += leaf_text(item);
    }
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Value& value) { return out << value.str(); }

Value::operator TensorMap() const {
  if (!is_container(*this)) wrong_kind("dict, list or tuple of tensors");
  TensorMap map;
  std::string name;
  std::vector<Level> levels{{this}};
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.done()) {
      levels.pop_back();
      continue;
    }
    const Value& container = *level.container;
    const std::size_t number = level.next++;
    name.resize(level.prefix);
    const Value* item = nullptr;
    if (container.kind() == Kind::dict) {
      const auto& [key, value] = container.dict().begin()[static_cast<std::ptrdiff_t>(number)];
      name += key.is_string() ? key.text() : fmt::to_string(key.number());
      item = &value;
    } else {
      name += fmt::to_string(number);
      item = &container.list()[number];
    }
    if (is_container(*item)) {
      name += '.';
      levels.push_back({item, 0, name.size()});
    } else if (item->kind() == Kind::tensor) {
      if (map.contains(name))
        throw ValueError(fmt::format("{}: two tensors would have the name {}", way(), detail::python_string(name)));
      map.insert(name, item->as<Tensor>());
    }
  }
  return map;
}

}  // namespace taper
