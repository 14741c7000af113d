#pragma once

#include <cstdint>
#include <string>

#include "taper/tensor/tensor_map.h"

namespace taper {

/// Keywords of load.
struct LoadOptions {
  /// The most bytes that the loaded tensors may hold together; 0 is no limit.
  std::int64_t max_bytes = 0;
};

/// Reads every tensor of a file: .safetensors, .npz or .npy, told by its content (an .npy array is named "arr_0", as
/// numpy.savez names it). Tensors come in the file's order of names, row-major and detached. Big-endian and
/// column-major data is converted; float16 and bfloat16 become float32, 8- and 16-bit integers int32, uint32 int64.
///
/// Everything is checked against the file's own length before it is allocated, and all of the file is read or nothing.
/// Throws IoError (missing or unreadable), FormatError (`path:offset: what is wrong`), TypeError (a dtype that no
/// tensor can hold exactly: complex, uint64, text, objects) and ResourceError (more than `max_bytes`). Nothing in the
/// file is executed.
TensorMap load(const std::string& path, const LoadOptions& options = {});

/// Writes the tensors, row-major and little-endian, in the format that the path's ending names: ".safetensors", ".npz"
/// (stored, as numpy.savez) or, for exactly one tensor, ".npy". The file appears whole or not at all.
/// Throws ValueError for another ending or for a name that the format cannot hold, IoError where it cannot be written.
void save(const TensorMap& tensors, const std::string& path);

}  // namespace taper
