#include "text/unicode.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

namespace taper::text {
namespace {

constexpr std::uint32_t not_utf8 = 0x110000;

/// The first code point of `bytes`, which are not empty, and how many bytes it takes.
struct Decoded {
  std::uint32_t code_point;
  std::size_t length;
};

Decoded decode(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first < 0x80) return {first, 1};
  utf8proc_int32_t code_point = 0;
  const utf8proc_ssize_t length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
                       static_cast<utf8proc_ssize_t>(std::min<std::size_t>(bytes.size(), 4)), &code_point);
  if (length <= 0) return {not_utf8 + first, 1};
  return {static_cast<std::uint32_t>(code_point), static_cast<std::size_t>(length)};
}

}  // namespace

std::vector<std::uint32_t> code_points(std::string_view bytes) {
  std::vector<std::uint32_t> result;
  while (!bytes.empty()) {
    const Decoded next = decode(bytes);
    result.push_back(next.code_point);
    bytes.remove_prefix(next.length);
  }
  return result;
}

std::uint32_t lower(std::uint32_t code_point) {
  if (code_point >= not_utf8) return code_point;
  return static_cast<std::uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)));
}

void append_lower(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    if (first < 0x80) {
      out += static_cast<char>(first >= 'A' && first <= 'Z' ? first + ('a' - 'A') : first);
      bytes.remove_prefix(1);
      continue;
    }
    const Decoded next = decode(bytes);
    if (next.code_point >= not_utf8) {
      out += bytes[0];
    } else {
      utf8proc_uint8_t encoded[4];
      const utf8proc_ssize_t length =
          utf8proc_encode_char(static_cast<utf8proc_int32_t>(lower(next.code_point)), encoded);
      out.append(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
    }
    bytes.remove_prefix(next.length);
  }
}

std::size_t find_invalid_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const Decoded next = decode(bytes.substr(at));
    if (next.code_point >= not_utf8) return at;
    at += next.length;
  }
  return std::string_view::npos;
}

std::string quoted(std::string_view bytes) {
  constexpr std::size_t limit = 60;
  std::string out = "'";
  while (!bytes.empty()) {
    if (out.size() > limit) {
      out += "...";
      break;
    }
    const Decoded next = decode(bytes);
    if (next.code_point >= not_utf8 || next.code_point < 0x20 || next.code_point == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
    } else {
      out += bytes.substr(0, next.length);
    }
    bytes.remove_prefix(next.length);
  }
  return out + "'";
}

}  // namespace taper::text
