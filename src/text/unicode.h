#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taper::text {

inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // in UTF-8

/// The code points of `bytes`; a byte that begins no valid UTF-8 sequence stands for itself, as 0x110000 + byte.
std::vector<std::uint32_t> code_points(std::string_view bytes);

/// Lower case by Unicode's simple mapping, code point by code point; bytes that are not UTF-8 stay.
std::uint32_t lower(std::uint32_t code_point);
void append_lower(std::string& out, std::string_view bytes);

/// Where the first byte stands that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view bytes);

/// For messages: in single quotes, what is neither printable nor valid UTF-8 as \xNN, cut after about 60 bytes.
std::string quoted(std::string_view bytes);

}  // namespace taper::text
