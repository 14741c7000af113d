#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "catch.h"
#include "temporary_folder.h"

namespace taper_test {

struct Outcome {
  int status;
  std::string out, err;
};

/// Runs `taper ARGUMENTS` by the shell.
inline Outcome run_taper(const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string out = folder / "out", err = folder / "err";
  const int status = std::system((std::string(TAPER_PROGRAM " ") + arguments + " >" + out + " 2>" + err).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(out), content_of(err)};
}

/// One line on standard error, nothing on standard output, status 2.
inline void check_complaint(const std::string& arguments, const std::string& fragment) {
  INFO(arguments);
  const auto [status, out, err] = run_taper(arguments);
  CHECK(status == 2);
  CHECK(out.empty());
  CHECK(std::count(err.begin(), err.end(), '\n') == 1);
  CHECK_THAT(err, ContainsSubstring("taper: ") && ContainsSubstring(fragment));
}

}  // namespace taper_test
