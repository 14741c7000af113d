// launch TIMES PROGRAM ARGUMENT...: prints the median time of running a program, in seconds, and its peak memory, in
// MB. A program of its own because what starts another passes its own peak on.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<double> times;
  double megabytes = 0;
  for (int left = std::atoi(argv[1]); left > 0; --left) {
    const double start = timing::now();
    const pid_t child = fork();
    if (child == 0) {
      execvp(argv[2], argv + 2);
      _exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) return 1;
    times.push_back(timing::now() - start);
    megabytes = std::max(megabytes, static_cast<double>(usage.ru_maxrss) * 1024 / 1e6);
  }
  std::sort(times.begin(), times.end());
  std::printf("%.6f %.3f\n", times[times.size() / 2], megabytes);
}
