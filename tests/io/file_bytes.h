#pragma once

#include <zlib.h>

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace taper_test {

/// `count` bytes, the lowest first.
inline std::string little_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i < 8 ? (value >> (8 * i)) & 0xFFU : 0U);
  return bytes;
}

/// An .npy file of version 1.0, its header as given and its length true.
inline std::string npy(const std::string& header, const std::string& data) {
  return "\x93NUMPY" + std::string("\x01\x00", 2) + little_endian(header.size(), 2) + header + data;
}
inline std::string npy_of(const std::string& descr, const std::string& shape, const std::string& data) {
  return npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n", data);
}

/// A .safetensors file, its length of the header true.
inline std::string safetensors(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

inline std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(::crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// One member of a zip archive with every field at hand that can be wrong.
struct ZipMember {
  std::string name;
  std::string data;
  std::uint32_t crc_flip = 0;
  unsigned flags = 0;
  unsigned method = 0;
  std::uint64_t size = 0;   ///< what it says it has when inflated; 0: what it has
  std::uint32_t crc = 0;    ///< of what it has when inflated; 0: of the data
  bool wide = false;        ///< sizes and offset in zip64's extra field
  bool descriptor = false;  ///< sizes and CRC behind the data, not in the local header

  std::uint64_t says() const { return size == 0 ? data.size() : size; }
  std::uint64_t right_crc() const { return (crc == 0 ? crc32(data) : crc) ^ crc_flip; }
  /// What the local header and the central directory share.
  std::string fields(bool local, std::size_t extra) const {
    const bool later = local && descriptor;
    const auto size_field = [&](std::uint64_t n) { return little_endian(later ? 0 : wide ? 0xFFFFFFFFU : n, 4); };
    return little_endian(flags | (descriptor ? 8U : 0U), 2) + little_endian(method, 2) + little_endian(0x00210000, 4) +
           little_endian(later ? 0 : right_crc(), 4) + size_field(data.size()) + size_field(says()) +
           little_endian(name.size(), 2) + little_endian(extra, 2);
  }
};

/// A member of the bytes, deflated.
inline ZipMember deflated(const std::string& name, const std::string& bytes) {
  z_stream stream{};
  if (::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string packed(::deflateBound(&stream, bytes.size()), '\0');
  std::string input = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return {name, packed, 0, 0, 8, bytes.size(), crc32(bytes)};
}

/// An archive of them; `wide_end` gives it zip64's end record.
inline std::string zip(const std::vector<ZipMember>& members, bool wide_end = false) {
  std::string file;
  std::string directory;
  for (const ZipMember& member : members) {
    const std::string sizes = little_endian(member.says(), 8) + little_endian(member.data.size(), 8);
    const auto extra = [&](const std::string& content) {
      return member.wide ? little_endian(1, 2) + little_endian(content.size(), 2) + content : std::string();
    };
    const std::string here = extra(sizes + little_endian(file.size(), 8));
    directory += "PK\x01\x02" + little_endian(20, 2) + little_endian(20, 2) + member.fields(false, here.size()) +
                 little_endian(0, 10) + little_endian(member.wide ? 0xFFFFFFFFU : file.size(), 4) + member.name + here;
    const std::string local = extra(sizes);
    file += "PK\x03\x04" + little_endian(20, 2) + member.fields(true, local.size()) + member.name + local + member.data;
    if (member.descriptor)
      file += "PK\x07\x08" + little_endian(member.right_crc(), 4) + little_endian(member.data.size(), 4) +
              little_endian(member.says(), 4);
  }
  const std::uint64_t at = file.size();
  file += directory;
  if (wide_end) {
    file += "PK\x06\x06" + little_endian(44, 8) + little_endian(45, 2) + little_endian(45, 2) + little_endian(0, 8) +
            little_endian(members.size(), 8) + little_endian(members.size(), 8) + little_endian(directory.size(), 8) +
            little_endian(at, 8);
    file += "PK\x06\x07" + little_endian(0, 4) + little_endian(at + directory.size(), 8) + little_endian(1, 4);
  }
  const auto end_field = [&](std::uint64_t n, int bytes) { return little_endian(wide_end ? ~0ULL : n, bytes); };
  return file + "PK\x05\x06" + little_endian(0, 4) + end_field(members.size(), 2) + end_field(members.size(), 2) +
         end_field(directory.size(), 4) + end_field(at, 4) + little_endian(0, 2);
}

}  // namespace taper_test
