#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "taper/base/error.h"

namespace taper {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 18;

/// Where a chain of symbolic links ends; the path itself where there is none.
std::string followed(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result(real);
  std::free(real);
  return result;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// 0, or errno.
int sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return errno;
  const int error = ::fsync(file) == 0 ? 0 : errno;
  return ::close(file) == 0 || error != 0 ? error : errno;
}

}  // namespace

AtomicFile::AtomicFile(std::string op, std::string path)
    : op_(std::move(op)), path_(std::move(path)), target_(followed(path_)) {
  struct stat status {};
  const bool there = ::stat(target_.c_str(), &status) == 0;
  if (!there && errno != ENOENT) fail(errno, "opening for writing");
  if (there && S_ISDIR(status.st_mode)) fail(EISDIR, "writing");
  if (there && !S_ISREG(status.st_mode)) {
    file_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (file_ < 0) fail(errno, "opening for writing");
    return;
  }
  // Renaming would get around a file that forbids writing.
  if (there && ::access(target_.c_str(), W_OK) != 0) fail(errno, "opening for writing");
  open_temporary();
  if (there && ::fchmod(file_, status.st_mode & 07777) != 0) {
    const int error = errno;
    ::close(file_);
    ::unlink(temporary_.c_str());
    fail(error, "setting the permissions");
  }
}

void AtomicFile::open_temporary() {
  static std::atomic<unsigned> number{0};
  const std::string stem = fmt::format("{}/.taper-{}-", folder_of(target_), ::getpid());
  do {
    temporary_ = stem + std::to_string(number++) + ".tmp";
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (file_ < 0 && errno == EEXIST);
  if (file_ < 0) fail(errno, "creating a file beside it");
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(int error, const char* doing) const {
  throw IoError(fmt::format("{}: {}: {}: {}", op_, path_, doing, std::strerror(error)));
}

void AtomicFile::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > buffer_size) flush();
  if (bytes.size() > buffer_size) {
    put(bytes);
  } else {
    buffer_ += bytes;
  }
}

void AtomicFile::flush() {
  put(buffer_);
  buffer_.clear();
}

void AtomicFile::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno, "writing");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  flush();
  const int file = std::exchange(file_, -1);
  if (::close(file) != 0) fail(errno, "closing");
  if (temporary_.empty()) return;
  // Opened anew: a writer may have replaced the file.
  if (const int error = sync(temporary_, O_RDWR)) fail(error, "syncing");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno, "renaming a file to it");
  temporary_.clear();
  sync(folder_of(target_),
       O_RDONLY | O_DIRECTORY);  // a folder that may not be read cannot be synced; the file itself is
}

}  // namespace taper
