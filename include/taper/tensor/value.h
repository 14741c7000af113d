#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "taper/tensor/tensor.h"
#include "taper/tensor/tensor_map.h"

namespace taper {

class Dict;
class Value;
/// A Python list: List{1, "two", tensor(3.0)}.
using List = std::vector<Value>;

namespace detail {
struct ValueNode;
template <class T>
concept PlainInteger = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;
}  // namespace detail

/// A tree such as torch.save writes and torch.load gives: None, bool, int, float, str, Tensor, list, tuple or dict. It
/// is a value: what is in it changes only by assigning to it, and copying takes constant time, the tensors being
/// shared.
///
/// Errors name the way to what is wrong: "value['state'][0]: no key 'exp_avg'; there are 1: 'step'".
class Value {
 public:
  enum class Kind : std::uint8_t { none, boolean, integer, floating, string, tensor, list, tuple, dict };

  Value() noexcept = default;  ///< None
  Value(NoneIndex) noexcept {}
  template <std::same_as<bool> T>
  Value(T value) noexcept : kind_(Kind::boolean) {
    payload_.integer = value ? 1 : 0;
  }
  /// ValueError for an unsigned one above 2^63 - 1.
  template <detail::PlainInteger T>
  Value(T value) : kind_(Kind::integer) {
    payload_.integer = static_cast<std::int64_t>(value);
    if constexpr (std::unsigned_integral<T>) {
      if (payload_.integer < 0) too_large();
    }
  }
  template <std::floating_point T>
  Value(T value) noexcept : kind_(Kind::floating) {
    payload_.floating = static_cast<double>(value);
  }
  Value(const char* text);
  Value(std::string text);
  Value(std::string_view text);
  Value(std::nullptr_t) = delete;
  /// None where the tensor is undefined.
  Value(const Tensor& tensor);
  Value(const TensorMap& tensors);  ///< a dict
  Value(List items);
  Value(Dict entries);
  static Value tuple(List items);

  Value(const Value& other) noexcept;
  Value(Value&& other) noexcept;
  /// Only of what has a name: `value["x"] = y` would change a copy. Change a Dict instead.
  Value& operator=(const Value& other) & noexcept;
  Value& operator=(Value&& other) & noexcept;
  ~Value() {
    if (is_node() || way_ != nullptr) release();
  }

  Kind kind() const { return kind_; }
  /// In Python's words: "None", "bool", "int", "float", "str", "Tensor", "list", "tuple", "dict".
  const char* kind_name() const;
  bool is_none() const { return kind_ == Kind::none; }

  /// bool, int, int64_t, float, double, std::string or Tensor; TypeError where it is of another kind. An int is read as
  /// a floating-point number, too. ValueError for one that an `int` cannot hold.
  template <class T>
  T as() const;
  /// The items of a list or tuple.
  const List& list() const&;
  List list() &&;
  /// The entries of a dict.
  const Dict& dict() const&;
  Dict dict() &&;

  /// Items of a list, tuple or dict; TypeError for others.
  std::size_t size() const;
  /// A list's item, negative from the end, or a dict's entry. IndexError where there is none.
  template <detail::PlainInteger T>
  Value operator[](T index) const {
    return item(static_cast<std::int64_t>(index));
  }
  /// A dict's entry.
  Value operator[](std::string_view key) const;
  Value operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  /// Whether it is a dict with that key.
  bool contains(std::string_view key) const;
  bool contains(std::int64_t key) const;
  /// The items of a list or tuple.
  std::vector<Value>::const_iterator begin() const;
  std::vector<Value>::const_iterator end() const;

  /// All tensors below, names joined by '.' and list items named by their numbers; the rest is left out. So
  /// `model.load_state_dict(checkpoint["model"])`. TypeError unless it is a dict, list or tuple; ValueError where two
  /// tensors would have one name.
  operator TensorMap() const;
  /// Python's repr.
  std::string str() const;

 private:
  struct Way;
  friend struct detail::ValueNode;

  Value(Kind kind, detail::ValueNode* node) noexcept : kind_(kind) { payload_.node = node; }
  bool is_node() const { return kind_ >= Kind::string; }
  void release() noexcept;
  [[noreturn]] static void too_large();
  [[noreturn]] void wrong_kind(const char* wanted) const;
  const char* way() const;
  Value item(std::int64_t index) const;
  Value found(const Value& value, const std::string& step) const;

  union Payload {
    std::int64_t integer = 0;
    double floating;
    detail::ValueNode* node;
  };
  Kind kind_ = Kind::none;
  Payload payload_;
  Way* way_ = nullptr;  // how it was reached, for messages; a copy has none
};

/// A Python dict whose keys are ints or strings, in the order in which they were first inserted; finding one takes
/// constant time. Dict{{"model", model.state_dict()}, {"epoch", 3}}.
class Dict {
 public:
  class Key {
   public:
    template <detail::PlainInteger T>
    Key(T number) : number_(static_cast<std::int64_t>(number)), is_string_(false) {}
    Key(const char* text) : text_(text) {}
    Key(std::string text) : text_(std::move(text)) {}
    Key(std::string_view text) : text_(text) {}

    bool is_string() const { return is_string_; }
    const std::string& text() const { return text_; }
    std::int64_t number() const { return number_; }
    /// Python's repr: 'name' or 3.
    std::string str() const;
    friend bool operator==(const Key&, const Key&) = default;

   private:
    std::string text_;
    std::int64_t number_ = 0;
    bool is_string_ = true;
  };
  using value_type = std::pair<Key, Value>;
  using const_iterator = std::vector<value_type>::const_iterator;

  Dict() = default;
  /// ValueError for a key that comes twice.
  Dict(std::initializer_list<value_type> entries);

  /// Appends; ValueError where the key is there already.
  void insert(Key key, Value value);
  /// The value of that key; appended as None where there is none.
  Value& operator[](const Key& key);
  const Value& operator[](const Key& key) const { return at(key); }
  /// IndexError naming what is there where there is none.
  const Value& at(const Key& key) const;
  bool contains(const Key& key) const { return find(key) != nullptr; }
  /// Null where there is none; valid until the dict changes.
  const Value* find(const Key& key) const;
  /// Removes; false where there is none. Takes time in proportion to the size.
  bool erase(const Key& key);
  /// Makes it a collections.Counter, which is a dict in all but its text and what torch.load makes of it.
  Dict& as_counter() & {
    is_counter_ = true;
    return *this;
  }
  Dict as_counter() && { return std::move(as_counter()); }
  bool is_counter() const { return is_counter_; }

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }

 private:
  friend class Value;
  std::size_t slot_of(const Key& key) const;
  void rebuild();
  std::string missing(const Key& key) const;

  std::vector<value_type> entries_;
  std::vector<std::uint32_t> slots_;  // as TensorMap's
  bool is_counter_ = false;
};

/// Python's repr.
std::ostream& operator<<(std::ostream& out, const Value& value);

}  // namespace taper
