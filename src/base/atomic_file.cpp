#include "base/atomic_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "taper/base/error.h"

namespace taper {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 18;
constexpr std::string_view temporary_start = ".taper-";
constexpr std::string_view temporary_end = ".tmp";

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

std::string temporary_name(const std::string& folder) {
  static std::atomic<unsigned> number{0};
  return fmt::format("{}/{}{}-{}{}", folder, temporary_start, ::getpid(), number++, temporary_end);
}

/// 0, or errno. A folder that may not be read, or that the file system does not sync, is no error: the file itself is
/// synced.
int sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return errno == EACCES ? 0 : errno;
  const int error = ::fsync(folder) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
  ::close(folder);
  return error;
}

/// Removes what processes that were killed left behind: temporary files that nobody holds a lock on.
void sweep(const std::string& path) {
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder(::opendir(path.c_str()), close);
  if (!folder) return;
  while (const struct dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(temporary_start) || !name.ends_with(temporary_end)) continue;
    const int file = ::openat(::dirfd(folder.get()), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) continue;
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlinkat(::dirfd(folder.get()), entry->d_name, 0);
    ::close(file);
  }
}

}  // namespace

AtomicFile::AtomicFile(std::string op, std::string path, bool nameless)
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
  renames_ = true;
  if (!nameless || !open_nameless()) open_named();
  if (there && ::fchmod(file_, status.st_mode & 07777) != 0) {
    const int error = errno;
    ::close(file_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    fail(error, "setting the permissions");
  }
}

/// False where the file system has no such files, or /proc does not let them be named later.
bool AtomicFile::open_nameless() {
  file_ = ::open(folder_of(target_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (file_ < 0) return false;
  if (::access(fmt::format("/proc/self/fd/{}", file_).c_str(), F_OK) != 0) {
    ::close(std::exchange(file_, -1));
    return false;
  }
  lock();
  return true;
}

void AtomicFile::open_named() {
  struct stat status {};
  do {
    if (file_ >= 0) ::close(file_);
    temporary_ = temporary_name(folder_of(target_));
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0 && errno == EEXIST) continue;
    if (file_ < 0) {
      temporary_.clear();
      fail(errno, "creating a file beside it");
    }
    lock();
    // Before it was locked, somebody may have taken it for left over.
  } while (file_ < 0 || (::fstat(file_, &status) == 0 && status.st_nlink == 0));
}

/// Says that the file is not left over, for as long as it is open.
void AtomicFile::lock() {
  while (::flock(file_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

void AtomicFile::give_name() {
  const std::string nameless = fmt::format("/proc/self/fd/{}", file_);
  int code = 0;
  do {
    temporary_ = temporary_name(folder_of(target_));
    code = ::linkat(AT_FDCWD, nameless.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW);
  } while (code != 0 && errno == EEXIST);
  if (code != 0) {
    temporary_.clear();
    fail(errno, "naming a file beside it");
  }
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
  if (renames_) {
    if (::fsync(file_) != 0) fail(errno, "syncing");
    if (temporary_.empty()) give_name();
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno, "renaming a file to it");
    temporary_.clear();
  }
  if (::close(std::exchange(file_, -1)) != 0) fail(errno, "closing");
  if (!renames_) return;
  const std::string folder = folder_of(target_);
  if (const int error = sync_folder(folder)) fail(error, "syncing its folder");
  sweep(folder);
}

}  // namespace taper
