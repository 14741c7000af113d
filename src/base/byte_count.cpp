#include "base/byte_count.h"

#include <fmt/format.h>

namespace taper {

std::string byte_count(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  int unit = 0;
  while (unit < 6 && (bytes >> (10 * (unit + 1))) != 0) ++unit;
  const std::uint64_t whole = bytes >> (10 * unit);
  if (whole << (10 * unit) == bytes) return fmt::format("{} {}", whole, units[unit]);
  constexpr const char* decimal[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::uint64_t step = 1;
  int thousands = 0;
  while (thousands < 6 && bytes / step >= 1000) step *= 1000, ++thousands;
  if (thousands >= 2 && bytes % step == 0) return fmt::format("{} {}", bytes / step, decimal[thousands]);
  return fmt::format("{:.1f} {}", static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << (10 * unit)),
                     units[unit]);
}

}  // namespace taper
