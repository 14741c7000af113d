// launch TIMES PROGRAM ARGUMENT...: prints the median time of running a program and the median processor time, in
// seconds, and the peak memory, in MB. A program of its own because what starts another passes its own peak on.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<double> times, used;
  double megabytes = 0;
  for (int left = std::max(1, std::atoi(argv[1])); left > 0; --left) {
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
    used.push_back(seconds(usage.ru_utime) + seconds(usage.ru_stime));
    megabytes = std::max(megabytes, static_cast<double>(usage.ru_maxrss) * 1024 / 1e6);
  }
  std::printf("%.6f %.6f %.3f\n", median(times), median(used), megabytes);
}
