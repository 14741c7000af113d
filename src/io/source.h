#pragma once

#include <cstdint>
#include <string>

#include "io/file.h"

namespace taper::io {

/// Bytes that are read once, front to back: a file or a member of an archive.
class Source {
 public:
  explicit Source(std::uint64_t size) : size_(size) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  std::uint64_t size() const { return size_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t left() const { return size_ - position_; }
  /// The next `count` bytes, no fewer; throws where they are not there.
  void read(void* to, std::uint64_t count) {
    read_exactly(to, count);
    position_ += count;
  }
  /// The same bytes as a tensor that lies in the file (see File::map); undefined, and nothing read, where that cannot
  /// be. They have to be there.
  Tensor map(const Shape& shape, DType dtype) {
    Tensor tensor = map_exactly(shape, dtype);
    if (tensor.defined()) position_ += static_cast<std::uint64_t>(tensor.numel()) * size_of(dtype);
    return tensor;
  }

 protected:
  virtual void read_exactly(void* to, std::uint64_t count) = 0;
  virtual Tensor map_exactly(const Shape& shape, DType dtype) = 0;

 private:
  std::uint64_t size_;
  std::uint64_t position_ = 0;
};

/// A file, or a range of it.
class FileSource : public Source {
 public:
  explicit FileSource(const File& file) : FileSource(file, 0, file.size()) {}
  FileSource(const File& file, std::uint64_t begin, std::uint64_t size) : Source(size), file_(file), begin_(begin) {}

 private:
  void read_exactly(void* to, std::uint64_t count) override { file_.read(begin_ + position(), to, count); }
  Tensor map_exactly(const Shape& shape, DType dtype) override { return file_.map(begin_ + position(), shape, dtype); }

  const File& file_;
  std::uint64_t begin_;
};

}  // namespace taper::io
