#include "io/zip_writer.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "io/zip.h"
#include "taper/base/error.h"

namespace taper::io {
namespace {

constexpr std::uint64_t full_16 = 0xFFFFU;
constexpr std::uint64_t full_32 = 0xFFFFFFFFU;

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(i < 8 ? (value >> (8 * i)) & 0xFFU : 0U);
  return text;
}

std::string extra_field(std::uint64_t id, std::string_view content) {
  return little(id, 2) + little(content.size(), 2) + std::string(content);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

void ZipWriter::write(std::string_view bytes) {
  file_.write(bytes);
  at_ += bytes.size();
}

void ZipWriter::add(std::string_view name, std::initializer_list<std::string_view> pieces) {
  if (!safe_member_name(name) || name.size() > full_16)
    throw ValueError(fmt::format("save: '{}' cannot be the name of a zip archive's member", name));
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  for (const std::string_view piece : pieces) {
    size += piece.size();
    if (piece.empty()) continue;  // crc32 takes a null pointer for a new beginning
    crc = static_cast<std::uint32_t>(::crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size()));
  }
  const std::uint64_t header = at_;
  const bool wide_size = wide(size);
  const bool is_wide = wide_size || wide(header);
  constexpr std::uint64_t utf8 = 0x0800;
  const std::string start = little(is_wide ? 45 : 20, 2) + little(is_ascii(name) ? 0 : utf8, 2) + little(0, 2) +
                            little(0x00210000, 4) + little(crc, 4) + little(wide_size ? full_32 : size, 4) +
                            little(wide_size ? full_32 : size, 4) + little(name.size(), 2);
  const std::string sizes = wide_size ? little(size, 8) + little(size, 8) : "";
  std::string extra = wide_size ? extra_field(1, sizes) : "";
  const std::uint64_t used = at_ + 4 + start.size() + 2 + name.size() + extra.size() + 4;
  constexpr std::uint64_t padding = 0x4246;  // the id by which PyTorch's writer pads
  if (alignment_ > 1) extra += extra_field(padding, std::string((alignment_ - used % alignment_) % alignment_, 'Z'));
  write("PK\x03\x04" + start + little(extra.size(), 2) + std::string(name) + extra);
  for (const std::string_view piece : pieces) write(piece);

  const std::string wide_header = wide(header) ? little(header, 8) : "";
  const std::string wide_numbers = is_wide ? extra_field(1, sizes + wide_header) : "";
  directory_ += "PK\x01\x02" + little(is_wide ? 45 : 20, 2) + start + little(wide_numbers.size(), 2) +
                std::string(10, '\0') + little(wide(header) ? full_32 : header, 4) + std::string(name) + wide_numbers;
  ++count_;
}

void ZipWriter::finish() {
  const std::uint64_t directory = at_;
  write(directory_);
  const bool is_wide = count_ >= full_16 || wide(directory) || wide(directory_.size());
  if (is_wide) {
    const std::uint64_t record = at_;
    write("PK\x06\x06" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + little(count_, 8) +
          little(count_, 8) + little(directory_.size(), 8) + little(directory, 8));
    write("PK\x06\x07" + little(0, 4) + little(record, 8) + little(1, 4));
  }
  const std::uint64_t count = is_wide ? full_16 : count_;
  write("PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) +
        little(is_wide ? full_32 : directory_.size(), 4) + little(is_wide ? full_32 : directory, 4) + little(0, 2));
}

}  // namespace taper::io
