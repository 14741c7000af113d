#pragma once

#include <cstdint>
#include <string>

#include "base/input_file.h"
#include "taper/tensor/tensor.h"

namespace taper::io {

class Mapping;

/// A regular file that is open for reading; IoError for anything else.
class File {
 public:
  /// `may_map` is LoadOptions::mmap.
  explicit File(const std::string& path, bool may_map = true);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  const std::string& path() const { return path_; }
  /// Bytes, as they were when it was opened.
  std::uint64_t size() const { return static_cast<std::uint64_t>(file_.size); }
  /// Reads exactly `count` bytes from `offset`; an IoError where the file has become shorter meanwhile.
  void read(std::uint64_t offset, void* to, std::uint64_t count) const;
  /// A tensor that lies in the file: its bytes are those from `offset` on, which have to be there, and none is touched.
  /// Undefined where the file is small, must not or cannot be mapped, or where the dtype needs another alignment: then
  /// they are to be read. IoError where the file has become shorter meanwhile.
  Tensor map(std::uint64_t offset, const Shape& shape, DType dtype) const;

 private:
  [[noreturn]] void fail_shorter() const;

  std::string path_;
  InputFile file_;
  mutable bool may_map_;
  mutable Mapping* mapping_ = nullptr;
};

}  // namespace taper::io
