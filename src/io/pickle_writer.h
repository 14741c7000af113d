#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "taper/tensor/value.h"

namespace taper::io {

/// Writes a tree as torch.save's pickle (protocol 2) does. Whatever is one object here is one in the pickle, and
/// tensors on one storage name one storage.
class PickleWriter {
 public:
  /// `ordered` makes the outermost dict an OrderedDict, as a state dict is. ValueError for a text that is no UTF-8 and
  /// for a tree nested deeper than pickle_depth.
  PickleWriter(const Value& tree, bool ordered);

  const std::string& bytes() const { return out_; }
  /// The storages' bytes in the order of their keys 0, 1, ...; they live as long as the tree.
  const std::vector<std::string_view>& storages() const { return storages_; }

 private:
  struct Level {
    const Value* container;
    std::size_t next = 0;
  };

  void op(unsigned code) { out_ += static_cast<char>(code); }
  void little(std::uint64_t value, int bytes);
  void put();
  bool get(const void* object);
  void remember(const void* object);
  void global(std::string_view module_and_name);
  void text(std::string_view text);
  void integer(std::int64_t value);
  void floating(double value);
  void boolean(bool value);
  void shape(const Shape& shape);
  void empty_ordered_dict();

  bool open(const Value& container, bool ordered);
  void close(const Value& container);
  void next_item();
  void value(const Value& value);
  void tensor(const Tensor& tensor);
  void dense(const Tensor& tensor);
  void sparse(const Tensor& tensor);
  std::string key_of(const Tensor& tensor);

  std::string out_;
  std::vector<Level> levels_;
  std::uint32_t put_ = 0;  // objects in the memo
  std::unordered_map<const void*, std::uint32_t> objects_;
  std::unordered_map<std::string, std::uint32_t> constants_;
  std::unordered_map<const void*, std::size_t> keys_;
  std::vector<std::string_view> storages_;
};

}  // namespace taper::io
