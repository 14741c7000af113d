#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "taper/base/error.h"

namespace taper::io {

/// Where in a file something stands, for messages: `path:offset: [member: ]what is wrong`. In an archive the offset
/// counts from the start of the member.
struct Place {
  std::string path;
  std::string member;

  template <class Kind = FormatError>
  [[noreturn]] void fail(std::uint64_t offset, std::string_view what) const {
    throw Kind(fmt::format("{}:{}: {}{}{}", path, offset, member, member.empty() ? "" : ": ", what));
  }
};

}  // namespace taper::io
