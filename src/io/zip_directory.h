#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/zip.h"

namespace taper::io {

/// The members that the central directory at the archive's end names, in its order, each checked as ZipArchive says
/// (names for safety, not for repetition).
std::vector<ZipMember> read_zip_directory(const File& file, const Place& place);

/// The number that `count` bytes from `at` on are.
std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t count);

}  // namespace taper::io
