#include "io/file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "io/mapping.h"
#include "taper/base/error.h"

namespace taper::io {
namespace {

/// Below this a file is read faster than its pages are mapped, and is then safe from what becomes of it later.
constexpr std::uint64_t least_mapped = std::uint64_t{1} << 20U;

}  // namespace

File::File(const std::string& path, bool may_map) : path_(path), file_(open_input("load", path)), may_map_(may_map) {}

File::~File() {
  if (mapping_ != nullptr) mapping_->release();
  close_input(file_.descriptor);
}

void File::read(std::uint64_t offset, void* to, std::uint64_t count) const {
  char* next = static_cast<char*>(to);
  while (count > 0) {
    const ::ssize_t got = ::pread(file_.descriptor, next, count, static_cast<::off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError(fmt::format("load: '{}': {}", path_, std::generic_category().message(errno)));
    if (got == 0) fail_shorter();
    next += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
  }
}

Tensor File::map(std::uint64_t offset, const Shape& shape, DType dtype) const {
  if (!may_map_ || size() < least_mapped || numel(shape) == 0) return {};
  if (mapping_ == nullptr) {
    mapping_ = Mapping::make(file_.descriptor, size());
    may_map_ = mapping_ != nullptr;
    if (!may_map_) return {};
  }
  struct stat status {};
  if (::fstat(file_.descriptor, &status) != 0 || status.st_size < file_.size) fail_shorter();
  return mapping_->tensor(offset, shape, dtype);
}

void File::fail_shorter() const {
  throw IoError(fmt::format("load: '{}': the file became shorter while it was read", path_));
}

}  // namespace taper::io
