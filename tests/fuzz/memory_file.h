#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace taper_fuzz {

/// A file of these bytes that takes no place on a disk, for loaders that want a path. The same file serves every call.
inline const std::string& memory_file(const std::uint8_t* bytes, std::size_t size) {
  static const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (file < 0 || ::ftruncate(file, 0) != 0 || ::pwrite(file, bytes, size, 0) != static_cast<::ssize_t>(size))
    std::abort();
  return path;
}

}  // namespace taper_fuzz
