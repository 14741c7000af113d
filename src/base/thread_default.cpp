#include "base/thread_default.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <thread>

#include "taper/base/warning.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace taper::detail {
namespace {

std::optional<int> count_of(const char* variable, const char* text, bool list) {
  const std::string_view whole = text == nullptr ? "" : text;
  if (whole.empty()) return {};
  const std::string_view first = list ? whole.substr(0, whole.find(',')) : whole;
  int count = 0;
  const auto [stop, error] = std::from_chars(first.data(), first.data() + first.size(), count);
  if (error == std::errc() && stop == first.data() + first.size() && count >= 1) return count;
  warn(fmt::format("{}: '{}' is passed over; a number of threads from 1 on is needed", variable, whole));
  return {};
}

}  // namespace

int usable_processors() {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int default_threads(const char* taper, const char* omp, int processors) {
  if (const auto count = count_of("TAPER_NUM_THREADS", taper, false)) return *count;
  if (const auto count = count_of("OMP_NUM_THREADS", omp, true)) return *count;
  return processors;
}

}  // namespace taper::detail
