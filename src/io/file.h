#pragma once

#include <cstdint>
#include <string>

#include "base/input_file.h"

namespace taper::io {

/// A regular file that is open for reading; IoError for anything else.
class File {
 public:
  explicit File(const std::string& path);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  const std::string& path() const { return path_; }
  /// Bytes, as they were when it was opened.
  std::uint64_t size() const { return static_cast<std::uint64_t>(file_.size); }
  /// Reads exactly `count` bytes from `offset`; an IoError where the file has become shorter meanwhile.
  void read(std::uint64_t offset, void* to, std::uint64_t count) const;

 private:
  std::string path_;
  InputFile file_;
};

}  // namespace taper::io
