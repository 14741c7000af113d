#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string>

#include "taper/base/dtype.h"

/// Reading the dumps that hold elements as bit patterns.
namespace taper_test {

inline taper::DType dtype_named(const std::string& name) {
  for (const taper::DType dtype : {taper::float32, taper::float64, taper::int64, taper::int32, taper::bool_})
    if (taper::name(dtype) == name) return dtype;
  throw std::invalid_argument("unknown dtype " + name);
}

inline std::uint64_t fnv1a(const void* data, std::size_t bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto* byte = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ byte[i]) * 0x100000001b3U;
  return hash;
}

/// Whether `count` elements of `size` bytes each are those that `text` names: one bit pattern in hexadecimal for each,
/// or `#` and the hash of all bytes.
inline bool same_bits(const void* data, std::size_t size, std::int64_t count, const std::string& text) {
  std::istringstream in(text);
  std::string word;
  std::int64_t i = 0;
  while (in >> word) {
    if (word[0] == '#')
      return std::stoull(word.substr(1), nullptr, 16) == fnv1a(data, size * static_cast<std::size_t>(count));
    const std::uint64_t expected = std::stoull(word, nullptr, 16);
    const char* element = static_cast<const char*>(data) + static_cast<std::size_t>(i) * size;
    if (i++ == count || std::memcmp(&expected, element, size) != 0) return false;
  }
  return i == count;
}

}  // namespace taper_test
