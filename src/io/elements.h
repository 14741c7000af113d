#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/place.h"
#include "io/source.h"
#include "taper/tensor/tensor.h"

namespace taper::io {

/// How a file stores one element, and the dtype that holds it exactly.
struct ElementType {
  enum class Kind : std::uint8_t { boolean, signed_integer, unsigned_integer, floating, bfloat };
  Kind kind = Kind::floating;
  int size = 4;
  bool big_endian = false;

  /// False for what no dtype holds exactly: 64-bit unsigned integers, or a size that the kind does not come in.
  bool representable() const;
  DType dtype() const;
  /// "float16", as PyTorch and numpy call it.
  std::string name() const;
};

/// What numpy calls "<f4", "f4" or "|b1"; nothing where that is no type of ours.
std::optional<ElementType> numpy_type(std::string_view name);

/// How many bytes an array takes in the file; FormatError where that overflows.
std::uint64_t array_bytes(const Place& place, std::uint64_t offset, const Shape& shape, int element_size);

/// The elements that come next as a tensor: one that lies in the file, where they stand there as they are in memory and
/// the source can map them, otherwise a new one. A column-major array has its first index running fastest. FormatError
/// for a bool that is neither 0 nor 1.
Tensor read_elements(Source& source, const Place& place, const ElementType& type, const Shape& shape,
                     bool column_major = false);

}  // namespace taper::io
