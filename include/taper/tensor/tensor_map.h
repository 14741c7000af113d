#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "taper/tensor/tensor.h"

namespace taper {

/// Tensors by name, in the order in which the names were first inserted: a state dict, or what a file holds
/// (collections.OrderedDict). Finding a name takes constant time. Copying the map copies handles, not numbers.
class TensorMap {
 public:
  using value_type = std::pair<std::string, Tensor>;
  using const_iterator = std::vector<value_type>::const_iterator;

  TensorMap() = default;
  /// ValueError for a name that comes twice.
  TensorMap(std::initializer_list<value_type> entries);

  /// Appends; ValueError where the name is there already.
  void insert(std::string name, Tensor tensor);
  /// The tensor of that name; appended undefined where there is none.
  Tensor& operator[](std::string_view name);
  /// IndexError naming what is there where there is none.
  const Tensor& at(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Null where there is none; valid until the map changes.
  const Tensor* find(std::string_view name) const;
  /// Removes; false where there is none. Takes time in proportion to the size.
  bool erase(std::string_view name);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }

 private:
  std::size_t slot_of(std::string_view name) const;
  void append(std::string name, Tensor tensor);
  void rebuild();

  std::vector<value_type> entries_;
  std::vector<std::uint32_t> slots_;  // open addressing; the entry's number plus one, 0 is free
};

}  // namespace taper
