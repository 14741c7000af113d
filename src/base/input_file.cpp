#include "base/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "taper/base/error.h"

namespace taper {
namespace {

[[noreturn]] void fail(std::string_view op, const std::string& path, int error, std::string_view hint = "") {
  throw IoError(fmt::format("{}: '{}': {}{}", op, path, std::strerror(error), hint));
}

}  // namespace

InputFile open_input(std::string_view op, const std::string& path) {
  InputFile file;
  file.descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // opening a pipe would wait for a writer
  if (file.descriptor < 0) fail(op, path, errno);
  struct stat status {};
  int error = ::fstat(file.descriptor, &status) == 0 ? 0 : errno;
  std::string_view hint;
  if (error == 0 && S_ISDIR(status.st_mode)) {
    error = EISDIR;
  } else if (error == 0 && !S_ISREG(status.st_mode)) {
    error = ESPIPE;
    hint = S_ISFIFO(status.st_mode) ? " (a FIFO; give a regular file)" : " (not a regular file)";
  }
  if (error != 0) {
    close_input(file.descriptor);
    fail(op, path, error, hint);
  }
  file.size = status.st_size;
  return file;
}

std::size_t read_input(std::string_view op, const std::string& path, int descriptor, char* out, std::size_t room) {
  for (;;) {
    const ssize_t count = ::read(descriptor, out, room);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail(op, path, errno);
  }
}

void close_input(int& descriptor) noexcept {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

void refuse_compressed(const std::string& path, std::string_view start) {
  struct Kind {
    std::string_view magic, name;
  };
  constexpr Kind kinds[] = {{"\x1f\x8b", "gzip"},
                            {"PK\x03\x04", "zip"},
                            {"BZh", "bzip2"},
                            {"\xfd"
                             "7zXZ",
                             "xz"},
                            {"\x28\xb5\x2f\xfd", "zstd"}};
  for (const Kind& kind : kinds) {
    if (!start.starts_with(kind.magic)) continue;
    if (kind.name == "bzip2" && (start.size() < 10 || start.substr(4, 6) != "1AY&SY")) continue;
    const std::string_view or_else =
        kind.name == "zip" ? ", or open it with taper::load if it is a .pt or .npz file" : "";
    throw FormatError(fmt::format("{}:0: {} data; decompress first{}", path, kind.name, or_else));
  }
}

}  // namespace taper
