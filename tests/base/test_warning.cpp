#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "taper/base/warning.h"

TEST_CASE("a warning goes to the handler that was set, which may throw") {
  std::vector<std::string> heard;
  taper::WarningHandler before =
      taper::set_warning_handler([&](const std::string& message) { heard.push_back(message); });
  taper::warn("float16 becomes float32");
  taper::set_warning_handler([](const std::string& message) { throw std::runtime_error(message); });
  CHECK_THROWS_AS(taper::warn("again"), std::runtime_error);
  taper::set_warning_handler(std::move(before));
  CHECK(heard == std::vector<std::string>{"float16 becomes float32"});
}
