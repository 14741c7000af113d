#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "taper/tensor/tensor.h"

namespace taper::io {

/// All bytes of a file as memory, shared by the tensors that lie in it. Writing to it changes private copies of pages
/// and never the file; a page that nobody touched takes no memory.
class Mapping {
 public:
  /// Null where the system does not map the file.
  static Mapping* make(int descriptor, std::uint64_t size) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  void release() noexcept;
  /// A tensor whose elements are the bytes from `offset` on, which have to be there; undefined where they are not
  /// aligned as the dtype needs.
  Tensor tensor(std::uint64_t offset, const Shape& shape, DType dtype);

 private:
  Mapping(char* data, std::size_t size) : data_(data), size_(size) {}
  ~Mapping();

  std::atomic<std::uint32_t> refs_{1};
  char* data_;
  std::size_t size_;
};

}  // namespace taper::io
