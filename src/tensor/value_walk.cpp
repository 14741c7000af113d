// What visits all of a tree: its text and its tensors. A tree may be deep, so nothing here recurses.
#include <fmt/format.h>

#include <algorithm>
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
  std::size_t prefix = 0;            // the length of the names' common part
  std::vector<std::size_t> order{};  // of a Counter's entries in its text

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

bool is_counter(const Value& value) { return value.kind() == Kind::dict && value.dict().is_counter(); }

std::string opening(const Value& container) {
  if (is_counter(container)) return container.size() == 0 ? "Counter(" : "Counter({";
  return container.kind() == Kind::dict ? "{" : container.kind() == Kind::list ? "[" : "(";
}

std::string closing(const Value& container) {
  if (is_counter(container)) return container.size() == 0 ? ")" : "})";
  if (container.kind() == Kind::dict) return "}";
  if (container.kind() == Kind::list) return "]";
  return container.size() == 1 ? ",)" : ")";
}

// As Python shows a Counter; empty where what it holds are no counts.
std::vector<std::size_t> by_falling_counts(const Dict& counter) {
  std::vector<std::size_t> order;
  for (const auto& [key, count] : counter) {
    if (count.kind() != Kind::integer) return {};
    order.push_back(order.size());
  }
  const auto count_at = [&](std::size_t i) {
    return counter.begin()[static_cast<std::ptrdiff_t>(i)].second.as<std::int64_t>();
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return count_at(a) > count_at(b); });
  return order;
}

}  // namespace

std::string Value::str() const {
  if (!is_container(*this)) return leaf_text(*this);
  std::string text = opening(*this);
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
    if (number == 0 && is_counter(container)) level.order = by_falling_counts(container.dict());
    const auto entry = static_cast<std::ptrdiff_t>(level.order.empty() ? number : level.order[number]);
    if (keyed) text += container.dict().begin()[entry].first.str() + ": ";
    const Value& item = keyed ? container.dict().begin()[entry].second : container.list()[number];
    if (is_container(item)) {
      text += opening(item);
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
