#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "catch.h"
#include "kernels/sort.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

TEMPLATE_TEST_CASE("sorting keeps the order of equal values, and topk is its beginning", "", float, std::int64_t) {
  using T = TestType;
  constexpr std::int64_t n = 200;
  for (const std::int64_t inner : {1, 3}) {
    for (const bool descending : {false, true}) {
      const auto x = integers<T>(1, 2 * n * inner, 23);
      const auto size = x.size();
      std::vector<T> sorted(size), best(size);
      std::vector<std::int64_t> at(size), best_at(size);
      sort(x.data(), 2, n, inner, descending, sorted.data(), at.data());
      for (std::int64_t r = 0; r < 2 * inner; ++r) {
        const auto place = [&](std::int64_t i, std::int64_t length) {
          return static_cast<std::size_t>((r / inner * length + i) * inner + r % inner);
        };
        std::vector<std::int64_t> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
          return descending ? x[place(a, n)] > x[place(b, n)] : x[place(a, n)] < x[place(b, n)];
        });
        for (std::int64_t i = 0; i < n; ++i) {
          REQUIRE(at[place(i, n)] == order[static_cast<std::size_t>(i)]);
          REQUIRE(sorted[place(i, n)] == x[place(at[place(i, n)], n)]);
        }
        for (const std::int64_t k : {0, 1, 10, 150, 200}) {
          topk(x.data(), 2, n, inner, k, descending, best.data(), best_at.data());
          for (std::int64_t i = 0; i < k; ++i) {
            REQUIRE(best_at[place(i, k)] == order[static_cast<std::size_t>(i)]);
            REQUIRE(best[place(i, k)] == sorted[place(i, n)]);
          }
        }
      }
    }
  }
}

TEST_CASE("NaN stands behind all else in ascending order and before all else in descending order") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float x[] = {3, nan, std::numeric_limits<float>::infinity(), nan, -0.0F, 0};
  float values[6];
  std::int64_t at[6];
  sort(x, 1, 6, 1, false, values, at);
  CHECK(std::vector<std::int64_t>(at, at + 6) == std::vector<std::int64_t>{4, 5, 0, 2, 1, 3});
  CHECK(std::isnan(values[5]));
  sort(x, 1, 6, 1, true, values, at);
  CHECK(std::vector<std::int64_t>(at, at + 6) == std::vector<std::int64_t>{1, 3, 2, 0, 4, 5});
  topk(x, 1, 6, 1, 2, false, values, at);
  CHECK(std::vector<std::int64_t>(at, at + 2) == std::vector<std::int64_t>{4, 5});
}

TEST_CASE("truth values are sorted, and the number of threads changes nothing") {
  const bool x[] = {true, false, true, false};
  bool values[4];
  std::int64_t at[4];
  sort(x, 1, 4, 1, false, values, at);
  CHECK(std::vector<std::int64_t>(at, at + 4) == std::vector<std::int64_t>{1, 3, 0, 2});
  const auto many = taper_test::values<double>(1, 100 * 100);
  same_on_threads([&] {
    std::vector<double> out(many.size());
    std::vector<std::int64_t> places(many.size());
    sort(many.data(), 100, 100, 1, true, out.data(), places.data());
    return out;
  });
}
