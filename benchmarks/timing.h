#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Timing by hand, the same for Taper and its peer.
namespace timing {

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What a benchmark program is called with: [THREADS [FILTER [turns]]].
struct Arguments {
  int threads = 1;
  std::string_view filter;
  bool turns = false;  ///< takes turns with a peer: see report
  void (*use_threads)(int count) = nullptr;
  /// Is handed each row instead of the clock: `call(row)` makes one call of it.
  void (*counter)(const std::string& name, void (*call)(void*), void* row) = nullptr;

  Arguments(int argc, char** argv)
      : threads(argc > 1 ? std::atoi(argv[1]) : 1),
        filter(argc > 2 ? argv[2] : ""),
        turns(argc > 3 && std::string_view(argv[3]) == "turns") {}
  bool wants(std::string_view name) const { return name.find(filter) != std::string_view::npos; }
};

/// Prints `name <tab> median of five samples`. When taking turns it prints the name, then one sample for each line read
/// that says "again", or "alone" for one with a single thread, so that who reads can pair samples taken right after
/// each other: of two programs, or of one program and memory by two numbers of threads.
template <class Sample>
void report(const Arguments& arguments, const std::string& name, Sample&& sample) {
  if (arguments.turns) {
    std::printf("%s\n", name.c_str());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line) && (line == "again" || line == "alone");) {
      const bool alone = line == "alone";
      if (alone) arguments.use_threads(1);
      std::printf("%.5g\n", sample());
      std::fflush(stdout);
      if (alone) arguments.use_threads(arguments.threads);
    }
    return;
  }
  std::vector<double> values;
  const double start = now();
  do values.push_back(sample());
  while (values.size() < 3 || (values.size() < 5 && now() - start < 1));
  std::sort(values.begin(), values.end());
  std::printf("%s\t%.5g\n", name.c_str(), values[values.size() / 2]);
  std::fflush(stdout);
}

/// So many calls that `time(calls)`, their seconds, comes to about `seconds`, judged by calls that take a fifth of it.
template <class Time>
long calls_that_last(double seconds, Time&& time) {
  long calls = 1;
  double t = time(1);
  const auto in = [&](double wanted) {
    return static_cast<long>(static_cast<double>(calls) * std::min(100.0, wanted / t));
  };
  for (; t < seconds / 5; t = time(calls)) calls = std::max(calls + 1, in(seconds / 4));
  return std::max(1L, in(seconds));
}

/// A sample's time. Turns are short, and many: who else is on the machine comes and goes.
constexpr double seconds_of_a_sample = 0.05, seconds_of_a_turn = 0.025;

/// Reports microseconds per call of `body`, which a sample calls for so long. Rows whose name does not contain
/// the filter are passed over.
template <class F>
void row(const Arguments& arguments, const std::string& name, F&& body) {
  if (!arguments.wants(name)) return;
  if (arguments.counter != nullptr)
    return arguments.counter(
        name, [](void* row) { (*static_cast<std::remove_reference_t<F>*>(row))(); }, &body);
  const auto time = [&](long calls) {
    const double start = now();
    for (long i = 0; i < calls; ++i) body();
    return now() - start;
  };
  body();
  const long calls = calls_that_last(arguments.turns ? seconds_of_a_turn : seconds_of_a_sample, time);
  report(arguments, name, [&] { return time(calls) / static_cast<double>(calls) * 1e6; });
}

}  // namespace timing
