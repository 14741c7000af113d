#pragma once

#include <cstdint>
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
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

/// One member of a zip archive with every field at hand that can be wrong.
struct ZipMember {
  std::string name;
  std::string data;
  std::uint32_t crc_flip = 0;
  unsigned flags = 0;
  unsigned method = 0;
  std::uint64_t size = 0;  ///< what it says it has when inflated; 0: what it has

  std::string fields() const {
    const std::uint64_t says = size == 0 ? data.size() : size;
    return little_endian(flags, 2) + little_endian(method, 2) + little_endian(0x00210000, 4) +
           little_endian(crc32(data) ^ crc_flip, 4) + little_endian(data.size(), 4) + little_endian(says, 4) +
           little_endian(name.size(), 2) + little_endian(0, 2);
  }
};

inline std::string zip(const std::vector<ZipMember>& members) {
  std::string file;
  std::string directory;
  for (const ZipMember& member : members) {
    directory += "PK\x01\x02" + little_endian(20, 2) + little_endian(20, 2) + member.fields() + little_endian(0, 10) +
                 little_endian(file.size(), 4) + member.name;
    file += "PK\x03\x04" + little_endian(20, 2) + member.fields() + member.name + member.data;
  }
  const std::uint64_t at = file.size();
  return file + directory + "PK\x05\x06" + little_endian(0, 4) + little_endian(members.size(), 2) +
         little_endian(members.size(), 2) + little_endian(directory.size(), 4) + little_endian(at, 4) +
         little_endian(0, 2);
}

}  // namespace taper_test
