#pragma once

#include <chrono>
#include <cstdint>

namespace taper_program {

/// How far training is.
struct State {
  std::int64_t epoch, epochs;
  std::int64_t words;  // read so far, all epochs
  double loss;         // per pair, of late
  double rate;         // learning rate
};

/// One line on standard error, written over and over, where that is a terminal; nothing elsewhere.
class Progress {
 public:
  explicit Progress(std::int64_t total_words);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Five times a second at most.
  void show(const State& state);
  void clear();
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_, shown_ = false;
  std::int64_t total_;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

}  // namespace taper_program
