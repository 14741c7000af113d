#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace taper {

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder, and commit() syncs it,
/// renames it to the path and syncs the folder. Without commit() nothing is left and what stood at the path stays as it
/// was. A symbolic link is followed; a device or pipe is written straight away. Every failure is an IoError `op: path:
/// the system's words`.
///
/// The temporary file has no name before commit(), where the file system can do that (ext4, xfs, btrfs, tmpfs), so that
/// a process that is killed leaves nothing. Elsewhere, and between commit()'s naming and renaming, it is called
/// `.taper-PID-N.tmp`; the next commit() in the folder removes those whose process is gone.
class AtomicFile {
 public:
  /// `nameless` is false in tests of what happens elsewhere.
  AtomicFile(std::string op, std::string path, bool nameless = true);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void write(const void* bytes, std::size_t count) { write({static_cast<const char*>(bytes), count}); }
  void commit();

 private:
  [[noreturn]] void fail(int error, const char* doing) const;
  bool open_nameless();
  void open_named();
  void lock();
  void give_name();
  void flush();
  void put(std::string_view bytes);

  std::string op_, path_, target_;
  std::string temporary_;  // "" while it has no name, and for a device
  bool renames_ = false;   // false for a device
  std::string buffer_;
  int file_ = -1;
};

}  // namespace taper
