#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

/// Timing by hand, the same for Taper and its peer.
namespace timing {

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What a benchmark program is called with: [THREADS [FILTER]].
struct Arguments {
  int threads = 1;
  std::string_view filter;

  Arguments(int argc, char** argv) : threads(argc > 1 ? std::atoi(argv[1]) : 1), filter(argc > 2 ? argv[2] : "") {}
  bool wants(std::string_view name) const { return name.find(filter) != std::string_view::npos; }
};

/// Calls `body` until a sample lasts at least 50 ms, takes five samples and prints `name <tab> microseconds per call`,
/// the median. Rows whose name does not contain the filter are passed over.
template <class F>
void row(const Arguments& arguments, const std::string& name, F&& body) {
  if (!arguments.wants(name)) return;
  const auto sample = [&](long calls) {
    const double start = now();
    for (long i = 0; i < calls; ++i) body();
    return now() - start;
  };
  body();
  long calls = 1;
  for (double time = sample(1); time < 0.05; time = sample(calls))
    calls = std::max(calls + 1, static_cast<long>(static_cast<double>(calls) * std::min(100.0, 0.06 / time)));
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) times.push_back(sample(calls) / static_cast<double>(calls) * 1e6);
  std::sort(times.begin(), times.end());
  std::printf("%s\t%.5g\n", name.c_str(), times[2]);
  std::fflush(stdout);
}

}  // namespace timing
