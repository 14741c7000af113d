#include "io/file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "taper/base/error.h"

namespace taper::io {

File::File(const std::string& path) : path_(path), file_(open_input("load", path)) {}

File::~File() { close_input(file_.descriptor); }

void File::read(std::uint64_t offset, void* to, std::uint64_t count) const {
  char* next = static_cast<char*>(to);
  while (count > 0) {
    const ::ssize_t got = ::pread(file_.descriptor, next, count, static_cast<::off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError(fmt::format("load: '{}': {}", path_, std::generic_category().message(errno)));
    if (got == 0) throw IoError(fmt::format("load: '{}': the file became shorter while it was read", path_));
    next += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
  }
}

}  // namespace taper::io
