#pragma once

#include <cstdint>
#include <string>

namespace taper {

/// "20 B", "64 MiB", "1.5 GiB", "1 PiB": the largest unit that leaves at least one, with one digit where it does not go
/// even, or "40 GB" where the decimal unit does.
std::string byte_count(std::uint64_t bytes);

}  // namespace taper
