#pragma once

#include <string>

#include "catch.h"
#include "taper/io/tensor_files.h"
#include "temporary_folder.h"

namespace taper_test {

/// Loads a file of these bytes and returns the message of the error, which has to be of that kind and to begin with the
/// file's path.
template <class Kind>
std::string load_error(const std::string& name, const std::string& bytes) {
  const TemporaryFolder folder;
  const std::string path = folder.file(name, bytes);
  try {
    taper::load(path);
  } catch (const Kind& error) {
    std::string text = error.what();
    CHECK_THAT(text, Catch::Matchers::StartsWith(path + ":"));
    return text;
  }
  return "nothing was thrown";
}

}  // namespace taper_test
