#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

/// Peaks of resident memory, in MB, on Linux.
namespace peak {

/// A line of /proc/self/status such as "VmRSS" or "VmHWM", in MB.
inline double status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (double kib = 0; word == key + ":" && file >> kib) return kib * 1024 / 1e6;
  return 0;
}

inline void reset() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// What `measure()` gives in a child process of its own, which nothing before it has given memory to reuse.
template <class F>
double in_child(F&& measure) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t child = fork();
  if (child < 0) std::abort();
  double value = 0;
  if (child == 0) {
    value = measure();
    _exit(write(ends[1], &value, sizeof(value)) == sizeof(value) ? 0 : 1);
  }
  close(ends[1]);
  if (read(ends[0], &value, sizeof(value)) != sizeof(value)) std::abort();
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return value;
}

}  // namespace peak
