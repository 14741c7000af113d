#include "io/zip.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace taper::io {
namespace {

constexpr std::uint64_t deflate_ratio = 1032;  // deflate cannot do better than 258 bytes for two bits

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

/// The central directory's bytes; empty where it is not where it should be, which libzip has then to judge.
std::string central_directory(const File& file) {
  constexpr std::uint64_t end_size = 22;
  constexpr std::uint64_t directory_limit = std::uint64_t{32} << 20U;
  if (file.size() < end_size) return {};
  std::string tail(std::min<std::uint64_t>(file.size(), end_size + 65535 + 76), '\0');
  const std::uint64_t tail_at = file.size() - tail.size();
  file.read(tail_at, tail.data(), tail.size());
  const std::size_t end = tail.rfind("PK\x05\x06", tail.size() - end_size);
  if (end == std::string::npos) return {};
  std::uint64_t size = little_endian(tail, end + 12, 4);
  std::uint64_t at = little_endian(tail, end + 16, 4);
  const std::size_t wide = tail.rfind(std::string_view("PK\x06\x06", 4), end);
  if ((size == 0xFFFFFFFFU || at == 0xFFFFFFFFU) && wide != std::string::npos && end - wide >= 56) {
    size = little_endian(tail, wide + 40, 8);
    at = little_endian(tail, wide + 48, 8);
  }
  if (size > directory_limit || at > file.size() || size > file.size() - at) return {};
  std::string directory(size, '\0');
  file.read(at, directory.data(), size);
  return directory;
}

/// What libzip hides is looked at as it stands in the file: it shows a NUL in a name as a blank, and calls an archive
/// whose method is 99 damaged.
void check_directory(const File& file, const Place& place) {
  constexpr std::size_t entry_size = 46;
  const std::string directory = central_directory(file);
  for (std::size_t at = 0; at + entry_size <= directory.size() && directory.compare(at, 4, "PK\x01\x02") == 0;) {
    const std::size_t name = little_endian(directory, at + 28, 2);
    const std::size_t rest = little_endian(directory, at + 30, 2) + little_endian(directory, at + 32, 2);
    if (std::string_view(directory).substr(at + entry_size, name).find('\0') != std::string_view::npos)
      place.fail(0, "unsafe name: a member's name has a NUL in it");
    constexpr std::uint64_t aes = 99;
    if (little_endian(directory, at + 10, 2) == aes)
      place.fail(0, fmt::format("unsupported compression in {}: method 99, which is encryption",
                                directory.substr(at + entry_size, name)));
    at += entry_size + name + rest;
  }
}

std::string text_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

void check_compression(const Place& place, const zip_stat_t& stat) {
  if (stat.encryption_method != ZIP_EM_NONE)
    place.fail(0, fmt::format("unsupported compression in {}: the member is encrypted", stat.name));
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    place.fail(0, fmt::format("unsupported compression in {}: method {}; stored (0) and deflated (8) members are read",
                              stat.name, stat.comp_method));
}

void check_sizes(const Place& place, const zip_stat_t& stat, std::uint64_t file_size) {
  if (stat.comp_size > file_size)
    place.fail(0,
               fmt::format("{} says that it has {} bytes; the archive has {}", stat.name, stat.comp_size, file_size));
  const bool stored = stat.comp_method == ZIP_CM_STORE;
  if (stored ? stat.size != stat.comp_size : stat.size / deflate_ratio > stat.comp_size)
    place.fail(0,
               fmt::format("{} says that {} bytes become {}, which cannot be", stat.name, stat.comp_size, stat.size));
}

}  // namespace

bool safe_member_name(std::string_view name) {
  if (name.empty() || name.front() == '/') return false;
  if (name.find('\0') != std::string_view::npos || name.find('\\') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return false;
    begin = end + 1;
  }
  return true;
}

ZipArchive::ZipArchive(const File& file) : place_{file.path(), ""} {
  check_directory(file, place_);
  int code = 0;
  archive_.reset(zip_open(file.path().c_str(), ZIP_RDONLY, &code));
  if (!archive_) {
    if (code == ZIP_ER_OPEN || code == ZIP_ER_READ || code == ZIP_ER_SEEK)
      throw IoError(fmt::format("load: '{}': {}", file.path(), text_of(code)));
    place_.fail(file.size(), fmt::format("not a whole zip archive ({}); incomplete download?", text_of(code)));
  }
  const auto count = static_cast<std::uint64_t>(zip_get_num_entries(archive_.get(), 0));
  std::unordered_set<std::string> names;
  for (std::uint64_t i = 0; i < count; ++i) {
    add_member(file, i);
    if (!names.insert(members_.back().name).second)
      place_.fail(0, fmt::format("duplicate member {}", members_.back().name));
  }
}

void ZipArchive::add_member(const File& file, std::uint64_t index) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat_index(archive_.get(), index, ZIP_FL_ENC_RAW, &stat) != 0)
    place_.fail(0, fmt::format("member {}: {}", index, zip_strerror(archive_.get())));
  if (!safe_member_name(stat.name)) place_.fail(0, fmt::format("unsafe name '{}'", stat.name));
  check_compression(place_, stat);
  check_sizes(place_, stat, file.size());
  members_.push_back({stat.name, index, stat.size});
}

ZipSource::ZipSource(const ZipArchive& archive, const ZipMember& member)
    : Source(member.size), place_{archive.place_.path, member.name} {
  file_.reset(zip_fopen_index(archive.archive_.get(), member.index, 0));
  if (!file_) place_.fail(0, zip_strerror(archive.archive_.get()));
}

void ZipSource::read_exactly(void* to, std::uint64_t count) {
  std::uint64_t done = 0;
  while (done < count) {
    const std::uint64_t got = read_some(static_cast<char*>(to) + done, count - done);
    if (got == 0)
      place_.fail(position() + done, fmt::format("the member ends after {} of {} bytes", position() + done, size()));
    done += got;
  }
}

std::uint64_t ZipSource::read_some(void* to, std::uint64_t count) {
  const zip_int64_t got = zip_fread(file_.get(), to, count);
  if (got >= 0) return static_cast<std::uint64_t>(got);
  zip_error_t* error = zip_file_get_error(file_.get());
  if (zip_error_code_zip(error) == ZIP_ER_CRC)
    Place{place_.path, ""}.fail(0, fmt::format("CRC mismatch in {}", place_.member));
  place_.fail(position(), fmt::format("cannot be read: {}", zip_error_strerror(error)));
}

void ZipSource::finish() {
  char rest[4096];
  while (left() > 0) read(rest, std::min<std::uint64_t>(left(), sizeof rest));
  if (read_some(rest, 1) != 0)
    place_.fail(size(), fmt::format("the member is longer than the {} bytes it declares", size()));
}

}  // namespace taper::io
