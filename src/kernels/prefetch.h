#pragma once

#include <cstdint>

/// Asking for the rows of a table before their turn.
namespace taper::kernels {

/// The rows that a list of indices names. The first-level cache lets few misses wait at a time, the second-level one
/// many: a row is asked for into the second long before its turn and into the first shortly before.
template <class Index>
class RowPrefetch {
 public:
  RowPrefetch(const void* table, std::int64_t row_bytes, const Index* indices, std::int64_t end)
      : table_(static_cast<const char*>(table)), bytes_(row_bytes), indices_(indices), end_(end) {}

  /// To be called at the turn of entry `i`. Inlined by force: to g++ a function that only prefetches has no effect, and
  /// a call of it is left out.
  [[gnu::always_inline]] void at(std::int64_t i) const {
    if (i + far_ahead < end_) ask<2>(indices_[i + far_ahead]);
    if (i + near_ahead < end_) ask<3>(indices_[i + near_ahead]);
  }

 private:
  static constexpr std::int64_t far_ahead = 32;
  static constexpr std::int64_t near_ahead = 4;
  static constexpr std::int64_t line = 64;
  static constexpr std::int64_t most = 1024;  // of a longer row the rest comes by itself

  template <int level>
  [[gnu::always_inline]] void ask(Index index) const {
    const char* row = table_ + static_cast<std::int64_t>(index) * bytes_;
    const std::int64_t end = bytes_ < most ? bytes_ : most;
    for (std::int64_t at = 0; at < end; at += line) __builtin_prefetch(row + at, 0, level);
  }

  const char* table_;
  std::int64_t bytes_;
  const Index* indices_;
  std::int64_t end_;
};

}  // namespace taper::kernels
