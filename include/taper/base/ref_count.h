#pragma once

#include <cstdint>

namespace taper::detail {

/// How many owners an object has, on any number of threads. (<atomic> would be a tenth of what including Taper costs.)
class RefCount {
 public:
  std::uint32_t get() const noexcept { return __atomic_load_n(&count_, __ATOMIC_ACQUIRE); }
  void add() noexcept { __atomic_fetch_add(&count_, 1U, __ATOMIC_RELAXED); }
  /// Whether that was the last owner, who needs no atomic write: nobody else can see the object.
  bool drop() noexcept { return get() == 1 || __atomic_fetch_sub(&count_, 1U, __ATOMIC_ACQ_REL) == 1; }

 private:
  std::uint32_t count_ = 1;
};

}  // namespace taper::detail
