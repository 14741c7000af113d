#pragma once

#include <mutex>

#include "taper/base/generator.h"

namespace taper {

std::mutex& default_generator_mutex();

/// Held by whoever draws from a generator that a caller handed over: keeps other threads off the default generator for
/// as long as it lives, and costs a comparison for any other. Not to be taken twice by one thread.
class GeneratorLock {
 public:
  explicit GeneratorLock(const Generator& generator) {
    if (&generator == &default_generator()) lock_ = std::unique_lock(default_generator_mutex());
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace taper
