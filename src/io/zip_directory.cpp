#include "io/zip_directory.h"

#include <algorithm>

#include "base/byte_count.h"

namespace taper::io {
namespace {

constexpr std::uint64_t directory_limit = std::uint64_t{16} << 20U;
constexpr std::uint64_t deflate_ratio = 1032;  // deflate cannot do better than 258 bytes for two bits
constexpr std::uint64_t wide_16 = 0xFFFFU;     // what a short field holds where zip64 has the number
constexpr std::uint64_t wide_32 = 0xFFFFFFFFU;

/// Where the directory is and what it holds, as the end of the archive says.
struct DirectoryPlace {
  std::uint64_t at = 0, size = 0, count = 0;
};

[[noreturn]] void refuse_cut(const File& file, const Place& place, std::string_view why) {
  place.fail(file.size(), fmt::format("not a whole zip archive ({}); incomplete download?", why));
}

/// Puts zip64's numbers in the place of those that are too large for the record at the end, which begins at `end`.
void widen(const File& file, const Place& place, std::uint64_t end, DirectoryPlace& extent) {
  if (extent.at != wide_32 && extent.size != wide_32 && extent.count != wide_16) return;
  constexpr std::uint64_t locator_size = 20;
  constexpr std::uint64_t record_size = 56;
  std::string locator(locator_size, '\0');
  if (end < locator_size) return;
  file.read(end - locator_size, locator.data(), locator_size);
  if (!locator.starts_with("PK\x06\x07")) return;  // 65535 members are no sign of zip64 by themselves
  const std::uint64_t at = little_endian(locator, 8, 8);
  if (at > end - locator_size || end - locator_size - at < record_size)
    refuse_cut(file, place, "zip64's end record is not where it should be");
  std::string record(record_size, '\0');
  file.read(at, record.data(), record_size);
  if (!record.starts_with("PK\x06\x06")) refuse_cut(file, place, "zip64's end record is not where it should be");
  if (extent.count == wide_16) extent.count = little_endian(record, 32, 8);
  if (extent.size == wide_32) extent.size = little_endian(record, 40, 8);
  if (extent.at == wide_32) extent.at = little_endian(record, 48, 8);
}

DirectoryPlace find_directory(const File& file, const Place& place) {
  constexpr std::uint64_t record_size = 22;
  std::string tail(std::min<std::uint64_t>(file.size(), record_size + 65535), '\0');
  const std::uint64_t tail_at = file.size() - tail.size();
  file.read(tail_at, tail.data(), tail.size());
  std::size_t end = tail.size();
  do {
    end = end == 0 ? std::string::npos : tail.rfind("PK\x05\x06", end - 1);
    if (end == std::string::npos) refuse_cut(file, place, "its central directory is missing");
  } while (tail.size() - end < record_size || tail.size() - end - record_size < little_endian(tail, end + 20, 2));
  if (little_endian(tail, end + 4, 4) != 0 || little_endian(tail, end + 8, 2) != little_endian(tail, end + 10, 2))
    place.fail(tail_at + end, "a zip archive in several parts");
  DirectoryPlace extent{little_endian(tail, end + 16, 4), little_endian(tail, end + 12, 4),
                        little_endian(tail, end + 10, 2)};
  widen(file, place, tail_at + end, extent);
  if (extent.at > tail_at + end || extent.size > tail_at + end - extent.at)
    refuse_cut(file, place, "its central directory would lie past its end");
  if (extent.size > directory_limit)
    place.fail<ResourceError>(tail_at + end, fmt::format("central directory over limit: {}, limit {}",
                                                         byte_count(extent.size), byte_count(directory_limit)));
  return extent;
}

/// An entry of the directory while it is read.
struct Entry {
  ZipMember member;
  std::uint64_t flags = 0, method = 0;
};

/// Numbers of 64 bits stand in the extra field of id 1: those alone whose short fields are full, in this order.
void read_wide_numbers(const Place& place, std::uint64_t offset, std::string_view extra, ZipMember& member) {
  std::uint64_t* const numbers[] = {&member.size, &member.stored_size, &member.header};
  if (std::none_of(std::begin(numbers), std::end(numbers), [](const auto* n) { return *n == wide_32; })) return;
  while (extra.size() >= 4) {
    const std::uint64_t id = little_endian(extra, 0, 2);
    const std::uint64_t length = little_endian(extra, 2, 2);
    if (length > extra.size() - 4) break;
    if (id == 1) {
      std::size_t at = 4;
      for (std::uint64_t* number : numbers) {
        if (*number != wide_32) continue;
        if (at + 8 > 4 + length) place.fail(offset, fmt::format("{}: zip64's sizes are missing", member.name));
        *number = little_endian(extra, at, 8);
        at += 8;
      }
      return;
    }
    extra.remove_prefix(4 + length);
  }
  // Without the field the numbers are what they are: 2^32 - 1.
}

void check_compression(const Place& place, std::uint64_t offset, const Entry& entry) {
  constexpr std::uint64_t encrypted = 1;
  constexpr std::uint64_t aes = 99;
  if ((entry.flags & encrypted) != 0 || entry.method == aes)
    place.fail(offset,
               fmt::format("unsupported compression in {}: method {}, encrypted", entry.member.name, entry.method));
  if (entry.method != 0 && entry.method != 8)
    place.fail(offset, fmt::format("unsupported compression in {}: method {}; stored (0) and deflated (8) members are "
                                   "read",
                                   entry.member.name, entry.method));
}

void check_sizes(const Place& place, std::uint64_t offset, const ZipMember& member, std::uint64_t file_size) {
  if (member.stored_size > file_size)
    place.fail(offset, fmt::format("{} says that it has {} bytes; the archive has {}", member.name, member.stored_size,
                                   file_size));
  if (member.deflated ? member.size / deflate_ratio > member.stored_size : member.size != member.stored_size)
    place.fail(offset, fmt::format("{} says that {} bytes become {}, which cannot be", member.name, member.stored_size,
                                   member.size));
}

}  // namespace

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

std::vector<ZipMember> read_zip_directory(const File& file, const Place& place) {
  constexpr std::size_t entry_size = 46;
  const DirectoryPlace extent = find_directory(file, place);
  std::string bytes(extent.size, '\0');
  file.read(extent.at, bytes.data(), bytes.size());
  std::vector<ZipMember> members;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::uint64_t offset = extent.at + at;
    const auto damaged = [&] {
      place.fail(offset, fmt::format("entry {} of the zip archive's central directory is damaged", members.size() + 1));
    };
    if (bytes.size() - at < entry_size || bytes.compare(at, 4, "PK\x01\x02") != 0) damaged();
    const auto field = [&](std::size_t where, std::size_t count) { return little_endian(bytes, at + where, count); };
    const std::size_t name = field(28, 2), extra = field(30, 2), comment = field(32, 2);
    if (bytes.size() - at - entry_size < name + extra + comment) damaged();
    Entry entry{{bytes.substr(at + entry_size, name), field(24, 4), field(20, 4), field(42, 4),
                 static_cast<std::uint32_t>(field(16, 4)), field(10, 2) == 8},
                field(8, 2),
                field(10, 2)};
    if (!safe_member_name(entry.member.name)) place.fail(offset, fmt::format("unsafe name '{}'", entry.member.name));
    read_wide_numbers(place, offset, std::string_view(bytes).substr(at + entry_size + name, extra), entry.member);
    check_compression(place, offset, entry);
    check_sizes(place, offset, entry.member, file.size());
    members.push_back(std::move(entry.member));
    at += entry_size + name + extra + comment;
  }
  if (members.size() != extent.count)
    place.fail(extent.at, fmt::format("the zip archive's central directory has {} entries, its end says {}",
                                      members.size(), extent.count));
  return members;
}

}  // namespace taper::io
