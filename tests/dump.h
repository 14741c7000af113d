#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace taper_test {

/// Where the dump `name` lies: in the folder that TAPER_PARITY_DIR names, if it is there, else among the committed
/// ones.
inline std::string dump_path(const std::string& name) {
  if (const char* fresh = std::getenv("TAPER_PARITY_DIR"))
    if (std::string path = std::string(fresh) + '/' + name; std::filesystem::exists(path)) return path;
  return TAPER_TEST_DATA "/" + name;
}

}  // namespace taper_test
