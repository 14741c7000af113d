#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace taper {

/// A file that appears whole or not at all: bytes go to a temporary sibling, and commit() syncs it, renames it to the
/// path and syncs the folder. Without commit() nothing is left and what stood at the path stays as it was. A symbolic
/// link is followed; a device or pipe is written straight away. Every failure is an IoError `op: path: the system's
/// words`.
class AtomicFile {
 public:
  AtomicFile(std::string op, std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void write(const void* bytes, std::size_t count) { write({static_cast<const char*>(bytes), count}); }
  /// Where the bytes are until commit(), for a writer that wants a path, which may also replace that file; "" for a
  /// device or a pipe.
  const std::string& temporary() const { return temporary_; }
  void commit();

 private:
  [[noreturn]] void fail(int error, const char* doing) const;
  void open_temporary();
  void flush();
  void put(std::string_view bytes);

  std::string op_, path_, target_, temporary_;
  std::string buffer_;
  int file_ = -1;
};

}  // namespace taper
