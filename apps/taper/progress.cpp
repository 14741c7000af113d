#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace taper_program {

Progress::Progress(std::int64_t total_words) : terminal_(::isatty(STDERR_FILENO) == 1), total_(total_words) {}

double Progress::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void Progress::show(const State& state) {
  if (!terminal_ || Clock::now() - last_ < std::chrono::milliseconds(200)) return;
  last_ = Clock::now();
  shown_ = true;
  const double done = static_cast<double>(state.words), all = static_cast<double>(std::max<std::int64_t>(total_, 1));
  const double speed = done / std::max(seconds(), 1e-9);
  const auto left = static_cast<long long>(speed > 0 ? (all - done) / speed : 0);
  std::fprintf(stderr, "\repoch %lld/%lld  %3.0f%%  %.0f words/s  loss %.4f  lr %.4f  %lld:%02lld left \033[K",
               static_cast<long long>(state.epoch), static_cast<long long>(state.epochs), 100 * done / all, speed,
               state.loss, state.rate, left / 60, left % 60);
  std::fflush(stderr);
}

void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace taper_program
