#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "catch.h"
#include "kernels/each_target.h"
#include "kernels/row_order.h"
#include "kernels/values.h"

using namespace taper_test;

namespace {

using Rows = std::vector<std::int64_t>;

void check_order(const Rows& rows) {
  struct Entry {
    std::int64_t row, position;
  };
  std::vector<Entry> entries;
  for (const std::int64_t row : rows) entries.push_back({row, static_cast<std::int64_t>(entries.size())});
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.row < b.row; });
  Rows expected;
  for (const Entry& entry : entries) expected.push_back(entry.position);
  for_each_target([&](const char* target) {
    INFO(target << ", " << rows.size() << " rows");
    REQUIRE(taper::kernels::row_order(rows.data(), static_cast<std::int64_t>(rows.size())) == expected);
  });
}

// What makes the middle of three the worst pivot, again and again.
Rows bad_pivots(std::int64_t half) {
  Rows rows(static_cast<std::size_t>(2 * half));
  for (std::int64_t i = 1; i <= half; ++i) {
    if (i % 2 == 1) {
      rows[static_cast<std::size_t>(i - 1)] = i;
      rows[static_cast<std::size_t>(i)] = half + i;
    }
    rows[static_cast<std::size_t>(half + i - 1)] = 2 * i;
  }
  return rows;
}

}  // namespace

TEST_CASE("rows are put in std::sort's order, entries of one row included") {
  for (const std::int64_t count : {0, 1, 2, 3, 15, 16, 17, 18, 31, 33, 100, 257, 1000, 5000}) {
    for (const std::uint64_t limit : {1U, 2U, 20U, 500U, 100000U}) {
      Rows rows = integers(count, count, limit);
      check_order(rows);
      std::sort(rows.begin(), rows.begin() + count / 2);
      check_order(rows);
      std::sort(rows.rbegin(), rows.rend());
      check_order(rows);
    }
  }
}

TEST_CASE("rows are put in std::sort's order where it turns to a heap, and where they fill more than 32 bits") {
  check_order(bad_pivots(2000));
  Rows rows = integers(3, 1000, 100);
  constexpr std::int64_t last = std::numeric_limits<std::int32_t>::max();
  for (const std::int64_t far : {last, last + 1, std::numeric_limits<std::int64_t>::max()}) {
    rows[500] = rows[700] = rows[701] = far;
    check_order(rows);
  }
}
