#include "taper/base/warning.h"

#include <cstdio>
#include <mutex>
#include <utility>

namespace taper {
namespace {

// Recursive, so that a handler may warn in turn.
std::recursive_mutex& mutex() {
  static std::recursive_mutex one;
  return one;
}

WarningHandler& handler() {
  static WarningHandler one;
  return one;
}

}  // namespace

void warn(const std::string& message) {
  const std::scoped_lock lock(mutex());
  if (handler()) return handler()(message);
  std::fputs(("taper: warning: " + message + "\n").c_str(), stderr);
}

WarningHandler set_warning_handler(WarningHandler replacement) {
  const std::scoped_lock lock(mutex());
  return std::exchange(handler(), std::move(replacement));
}

}  // namespace taper
