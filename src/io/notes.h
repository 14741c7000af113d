#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/elements.h"
#include "taper/io/tensor_files.h"

namespace taper::io {

/// What was not taken from a file as it stands there.
class LoadNotes {
 public:
  /// Something named `name` is a `from` and was loaded as a `to`.
  void converted(std::string_view name, std::string_view from, std::string_view to);
  /// The same for elements, where they had to become others.
  void converted(std::string_view name, const ElementType& type);
  /// The file holds bytes behind those of `name`, which nothing reads.
  void ignored(std::string_view name, std::uint64_t bytes);
  /// Says all of it as the options want it.
  void say(const std::string& path, const LoadOptions& options) const;

 private:
  struct Note {
    std::string first, from, to;
    std::size_t count = 0;
  };
  std::vector<Note> notes_;
  std::vector<std::string> ignored_;
};

}  // namespace taper::io
