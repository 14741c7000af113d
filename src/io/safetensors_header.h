#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/place.h"
#include "taper/base/shape.h"

namespace taper::io {

/// One tensor as the header names it.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  Shape shape;
  std::uint64_t begin = 0;  // from the start of the data
  std::uint64_t end = 0;
};

/// Reads the header's JSON strictly, in the order in which it names the tensors. FormatError for what is no JSON, a key
/// that comes twice, a size that is negative, fractional or too large, nesting that is too deep, a field missing or of
/// the wrong kind. `offset` is where the text begins in the file.
std::vector<SafetensorsEntry> parse_safetensors_header(const Place& place, std::uint64_t offset, std::string_view text);

}  // namespace taper::io
