#pragma once

#include <cstdint>
#include <string>

#include "io/elements.h"
#include "io/place.h"
#include "io/source.h"
#include "taper/tensor/tensor.h"

namespace taper::io {

/// What stands before an array's data in numpy's format (versions 1.0 to 3.0).
struct NpyHeader {
  ElementType type;
  bool column_major = false;
  Shape shape;
};

/// The dictionary of a header, which begins at `offset` of the file.
NpyHeader parse_npy_header(const Place& place, std::uint64_t offset, const std::string& text);

/// Reads up to the data and checks that the source holds as much data as the header says; more is left unread, as by
/// numpy.
NpyHeader read_npy_header(Source& source, const Place& place);

/// How many bytes the tensor will hold.
std::uint64_t tensor_bytes(const Place& place, const ElementType& type, const Shape& shape);

/// All that numpy.save writes before the data of a row-major, little-endian tensor.
std::string npy_preamble(const Tensor& tensor);

}  // namespace taper::io
