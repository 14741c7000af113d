#include "taper/tensor/value.h"

#include <fmt/format.h>

#include <functional>
#include <limits>
#include <variant>

#include "base/python_text.h"
#include "taper/base/error.h"
#include "tensor/slots.h"

namespace taper {
namespace detail {

/// What is too large for the Value itself, shared by its copies and never changed.
struct ValueNode {
  using Content = std::variant<std::string, Tensor, List, Dict>;
  explicit ValueNode(Content what) : content(std::move(what)) {}

  template <class T>
  const T& get() const {
    return std::get<T>(content);
  }
  /// Frees a node that nobody holds, and what it alone holds, by a work list: trees may be deep.
  static void destroy(ValueNode* node) noexcept;

  RefCount refs;
  ValueNode* next = nullptr;  // in the work list
  Content content;

 private:
  static void take(const Value& child, ValueNode*& pending) noexcept;
};

void ValueNode::take(const Value& child, ValueNode*& pending) noexcept {
  if (!child.is_node()) return;
  auto& owned = const_cast<Value&>(child);  // the node that holds it has no other owner
  ValueNode* node = owned.payload_.node;
  owned.kind_ = Value::Kind::none;
  if (!node->refs.drop()) return;
  node->next = pending;
  pending = node;
}

void ValueNode::destroy(ValueNode* node) noexcept {
  for (ValueNode* pending = node; pending != nullptr;) {
    ValueNode* one = std::exchange(pending, pending->next);
    if (const auto* items = std::get_if<List>(&one->content))
      for (const Value& item : *items) take(item, pending);
    if (const auto* entries = std::get_if<Dict>(&one->content))
      for (const auto& [key, value] : *entries) take(value, pending);
    delete one;
  }
}

}  // namespace detail

using detail::ValueNode;

struct Value::Way {
  std::string text;
};

Value::Value(const char* text) : Value(std::string(text)) {}
Value::Value(std::string text) : Value(Kind::string, new ValueNode(std::move(text))) {}
Value::Value(std::string_view text) : Value(std::string(text)) {}
Value::Value(const Tensor& tensor) {
  if (!tensor.defined()) return;
  payload_.node = new ValueNode(tensor);
  kind_ = Kind::tensor;
}
Value::Value(const TensorMap& tensors) {
  Dict entries;
  for (const auto& [name, tensor] : tensors) entries.insert(name, tensor);
  *this = Value(std::move(entries));
}
Value::Value(List items) : Value(Kind::list, new ValueNode(std::move(items))) {}
Value::Value(Dict entries) : Value(Kind::dict, new ValueNode(std::move(entries))) {}
Value Value::tuple(List items) { return Value(Kind::tuple, new ValueNode(std::move(items))); }

Value::Value(const Value& other) noexcept : kind_(other.kind_), payload_(other.payload_) {
  if (is_node()) payload_.node->refs.add();
}
Value::Value(Value&& other) noexcept : kind_(std::exchange(other.kind_, Kind::none)), payload_(other.payload_) {}
Value& Value::operator=(const Value& other) & noexcept { return *this = Value(other); }
Value& Value::operator=(Value&& other) & noexcept {
  std::swap(kind_, other.kind_);
  std::swap(payload_, other.payload_);
  delete std::exchange(way_, nullptr);
  return *this;
}

void Value::release() noexcept {
  delete way_;
  if (is_node() && payload_.node->refs.drop()) ValueNode::destroy(payload_.node);
}

void Value::too_large() { throw ValueError("Value: an unsigned integer above 2^63 - 1; an int here has 64 bits"); }

const char* Value::kind_name() const {
  constexpr const char* names[] = {"None", "bool", "int", "float", "str", "Tensor", "list", "tuple", "dict"};
  return names[static_cast<std::size_t>(kind_)];
}

const char* Value::way() const { return way_ == nullptr ? "value" : way_->text.c_str(); }

void Value::wrong_kind(const char* wanted) const {
  const bool says_itself = kind_ == Kind::boolean || kind_ == Kind::integer || kind_ == Kind::floating;
  throw TypeError(
      fmt::format("{}: {}{} where {} is needed", way(), kind_name(), says_itself ? " " + str() : "", wanted));
}

template <class T>
T Value::as() const {
  if constexpr (std::same_as<T, bool>) {
    if (kind_ != Kind::boolean) wrong_kind("bool");
    return payload_.integer != 0;
  } else if constexpr (std::integral<T>) {
    if (kind_ != Kind::integer) wrong_kind("int");
    if (payload_.integer < std::numeric_limits<T>::min() || payload_.integer > std::numeric_limits<T>::max())
      throw ValueError(fmt::format("{}: {} does not fit into {} bits", way(), payload_.integer, 8 * sizeof(T)));
    return static_cast<T>(payload_.integer);
  } else if constexpr (std::floating_point<T>) {
    if (kind_ == Kind::integer) return static_cast<T>(payload_.integer);
    if (kind_ != Kind::floating) wrong_kind("float");
    return static_cast<T>(payload_.floating);
  } else if constexpr (std::same_as<T, std::string>) {
    if (kind_ != Kind::string) wrong_kind("str");
    return payload_.node->get<std::string>();
  } else {
    if (kind_ != Kind::tensor) wrong_kind("Tensor");
    return payload_.node->get<Tensor>();
  }
}
template bool Value::as<bool>() const;
template std::int32_t Value::as<std::int32_t>() const;
template std::int64_t Value::as<std::int64_t>() const;
template float Value::as<float>() const;
template double Value::as<double>() const;
template std::string Value::as<std::string>() const;
template Tensor Value::as<Tensor>() const;

const List& Value::list() const& {
  if (kind_ != Kind::list && kind_ != Kind::tuple) wrong_kind("list or tuple");
  return payload_.node->get<List>();
}
List Value::list() && { return static_cast<const Value&>(*this).list(); }
const Dict& Value::dict() const& {
  if (kind_ != Kind::dict) wrong_kind("dict");
  return payload_.node->get<Dict>();
}
Dict Value::dict() && { return static_cast<const Value&>(*this).dict(); }

std::size_t Value::size() const {
  if (kind_ == Kind::dict) return dict().size();
  if (kind_ != Kind::list && kind_ != Kind::tuple) wrong_kind("list, tuple or dict");
  return list().size();
}

Value Value::found(const Value& value, const std::string& step) const {
  Value result(value);
  result.way_ = new Way{fmt::format("{}[{}]", way(), step)};
  return result;
}

Value Value::item(std::int64_t index) const {
  if (kind_ == Kind::dict) {
    const Value* entry = dict().find(index);
    if (entry == nullptr) throw IndexError(fmt::format("{}: {}", way(), dict().missing(index)));
    return found(*entry, fmt::to_string(index));
  }
  if (kind_ != Kind::list && kind_ != Kind::tuple) wrong_kind("list, tuple or dict");
  const auto count = static_cast<std::int64_t>(size());
  if (index < -count || index >= count)
    throw IndexError(fmt::format("{}: index {} is outside [-{}, {})", way(), index, count, count));
  return found(list()[static_cast<std::size_t>(index < 0 ? index + count : index)], fmt::to_string(index));
}

Value Value::operator[](std::string_view key) const {
  if (kind_ != Kind::dict) wrong_kind("dict");
  const Value* entry = dict().find(key);
  if (entry == nullptr) throw IndexError(fmt::format("{}: {}", way(), dict().missing(key)));
  return found(*entry, detail::python_string(key));
}

bool Value::contains(std::string_view key) const { return kind_ == Kind::dict && dict().contains(key); }
bool Value::contains(std::int64_t key) const { return kind_ == Kind::dict && dict().contains(key); }
std::vector<Value>::const_iterator Value::begin() const { return static_cast<const Value&>(*this).list().begin(); }
std::vector<Value>::const_iterator Value::end() const { return static_cast<const Value&>(*this).list().end(); }

}  // namespace taper
