#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

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

}  // namespace taper_test
