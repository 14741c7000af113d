#pragma once

#include <string>
#include <vector>

#include "taper/base/warning.h"

namespace taper_test {

/// Keeps what is warned of while it lives.
struct Warnings {
  Warnings() {
    taper::set_warning_handler([this](const std::string& message) { said.push_back(message); });
  }
  Warnings(const Warnings&) = delete;
  ~Warnings() { taper::set_warning_handler({}); }
  std::vector<std::string> said;
};

}  // namespace taper_test
