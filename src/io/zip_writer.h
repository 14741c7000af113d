#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/atomic_file.h"

namespace taper::io {

/// Writes a zip archive of stored members, front to back, each beginning at a multiple of `alignment` so that a reader
/// may map it. The same members give the same bytes: all are dated to the first day that zip knows. What does not fit
/// 32 bits is written as zip64 has it.
class ZipWriter {
 public:
  /// `wide_from` is the first size or offset that 32 bits do not hold; less only for tests.
  explicit ZipWriter(AtomicFile& file, std::uint64_t alignment = 64, std::uint64_t wide_from = 0xFFFFFFFFU)
      : file_(file), alignment_(alignment), wide_from_(wide_from) {}

  /// A member whose bytes are the pieces, one after the other. The name has to be a safe_member_name and short enough
  /// for zip, 65535 bytes; ValueError otherwise.
  void add(std::string_view name, std::initializer_list<std::string_view> pieces);
  /// What stands at an archive's end; without it there is no archive.
  void finish();

 private:
  void write(std::string_view bytes);
  bool wide(std::uint64_t number) const { return number >= wide_from_; }

  AtomicFile& file_;
  std::uint64_t alignment_, wide_from_;
  std::uint64_t at_ = 0;     // bytes written
  std::uint64_t count_ = 0;  // members
  std::string directory_;
};

}  // namespace taper::io
