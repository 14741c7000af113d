#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/row_order.cpp"
#include "kernels/row_order.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/pool.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using I32 = std::int32_t;
using I64 = std::int64_t;

// The exchanges of std::sort without its branches on what is compared, of which a processor foresees every second one:
// what has to change sides of a pivot is listed by vectors first.
class RowSort {
 public:
  static constexpr I64 slack = 64;  // that a whole vector may be written behind a list

  /// `room` is twice as long as the lists and `slack`.
  RowSort(I32* rows, I32* positions, I64 n, I32* room)
      : rows_(rows), positions_(positions), left_(room), right_(room + n + slack) {}

  /// False where std::sort would give up and sort by a heap. Each range of at most 16 entries is left to sort(), a
  /// stable one, and the rows of a range are not above those of the next.
  bool cut(I64 first, I64 last, int depth) {
    while (last - first > few) {
      if (depth-- == 0) return false;
      median_to(first, first + 1, first + (last - first) / 2, last - 1);
      const I64 middle = partition(first + 1, last, rows_[first]);
      if (!cut(middle, last, depth)) return false;
      last = middle;
    }
    sort(first, last);
    return true;
  }

 private:
  static constexpr I64 few = 16;

  bool less(I64 a, I64 b) const { return rows_[a] < rows_[b]; }
  void exchange(I64 a, I64 b) {
    std::swap(rows_[a], rows_[b]);
    std::swap(positions_[a], positions_[b]);
  }

  // Of equal rows it matters which one.
  void median_to(I64 to, I64 a, I64 b, I64 c) {
    if (less(a, b))
      exchange(to, less(b, c) ? b : less(a, c) ? c : a);
    else
      exchange(to, less(a, c) ? a : less(b, c) ? c : b);
  }

  // The k-th entry from the left that is not below the pivot changes places with the k-th from the right that is not
  // above it, until they meet.
  I64 partition(I64 first, I64 last, I32 pivot) {
    const hn::ScalableTag<I32> d;
    const auto lanes = static_cast<I64>(hn::Lanes(d));
    const auto middle = hn::Set(d, pivot);
    I64 lefts = 0, rights = 0;
    I64 i = first;
    for (; i + lanes <= last; i += lanes) {
      const auto row = hn::LoadU(d, rows_ + i);
      const auto index = hn::Iota(d, static_cast<I32>(i));
      const auto not_below = hn::Not(hn::Lt(row, middle));
      const auto not_above = hn::Not(hn::Gt(row, middle));
      hn::StoreU(hn::Compress(index, not_below), d, left_ + lefts);
      hn::StoreU(hn::Compress(index, not_above), d, right_ + rights);
      lefts += static_cast<I64>(hn::CountTrue(d, not_below));
      rights += static_cast<I64>(hn::CountTrue(d, not_above));
    }
    for (; i < last; ++i) {
      left_[lefts] = right_[rights] = static_cast<I32>(i);
      lefts += rows_[i] >= pivot ? 1 : 0;
      rights += rows_[i] <= pivot ? 1 : 0;
    }
    I64 end = last;  // the last place from the right that has been exchanged
    I64 k = 0;
    for (const I64 most = std::min(lefts, rights); k < most && left_[k] < right_[rights - 1 - k]; ++k) {
      end = right_[rights - 1 - k];
      exchange(left_[k], end);
    }
    return k < lefts ? std::min<I64>(left_[k], end) : end;
  }

  // An entry's place is the number of those before it.
  void sort(I64 first, I64 last) {
    const hn::CappedTag<I64, few> d;
    const auto lanes = static_cast<I64>(hn::Lanes(d));
    const I64 n = last - first;
    I64 keys[few];
    I32 rows[few], positions[few];
    std::fill_n(keys, few, std::numeric_limits<I64>::max());
    for (I64 i = 0; i < n; ++i) keys[i] = I64{rows_[first + i]} * few + i;
    std::copy_n(rows_ + first, n, rows);
    std::copy_n(positions_ + first, n, positions);
    for (I64 i = 0; i < n; ++i) {
      const auto key = hn::Set(d, keys[i]);
      I64 place = first;
      for (I64 j = 0; j < few; j += lanes)
        place += static_cast<I64>(hn::CountTrue(d, hn::Lt(hn::LoadU(d, keys + j), key)));
      rows_[place] = rows[i];
      positions_[place] = positions[i];
    }
  }

  I32* rows_;
  I32* positions_;
  I32* left_;
  I32* right_;
};

bool sort_rows(I32* rows, I32* positions, I64 n) {
  std::vector<I32, pool::Allocator<I32>> room(static_cast<std::size_t>(2 * (n + RowSort::slack)));
  return RowSort(rows, positions, n, room.data())
      .cut(0, n, 2 * (static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n))) - 1));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(sort_rows);

std::vector<std::int64_t> order_by_library(const std::int64_t* rows, std::int64_t count) {
  std::vector<std::pair<std::int64_t, std::int64_t>> entries(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) entries[static_cast<std::size_t>(i)] = {rows[i], i};
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::int64_t> order(entries.size());
  std::transform(entries.begin(), entries.end(), order.begin(), [](const auto& entry) { return entry.second; });
  return order;
}

}  // namespace

std::vector<std::int64_t> row_order(const std::int64_t* rows, std::int64_t count) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (count > most || (count > 0 && *std::max_element(rows, rows + count) > most)) return order_by_library(rows, count);
  std::vector<std::int32_t, pool::Allocator<std::int32_t>> keys(rows, rows + count), positions(keys.size());
  for (std::int64_t i = 0; i < count; ++i) positions[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i);
  if (!HWY_DYNAMIC_DISPATCH(sort_rows)(keys.data(), positions.data(), count)) return order_by_library(rows, count);
  return {positions.begin(), positions.end()};
}

}  // namespace taper::kernels
#endif
