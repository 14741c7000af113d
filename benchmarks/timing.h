#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

/// Timing by hand, the same for Taper and its peer.
namespace timing {

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Calls `body` until a sample lasts at least 50 ms, takes five samples and prints `name <tab> microseconds per call`,
/// the median. Rows whose name does not contain `filter` are passed over.
template <class F>
void row(const std::string& name, std::string_view filter, F&& body) {
  if (name.find(filter) == std::string::npos) return;
  const auto sample = [&](long calls) {
    const double start = now();
    for (long i = 0; i < calls; ++i) body();
    return now() - start;
  };
  long calls = 1;
  while (sample(calls) < 0.05) calls *= 2;
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) times.push_back(sample(calls) / static_cast<double>(calls) * 1e6);
  std::sort(times.begin(), times.end());
  std::printf("%s\t%.5g\n", name.c_str(), times[2]);
  std::fflush(stdout);
}

}  // namespace timing
