#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.h"
#include "kernels/each_target.h"
#include "kernels/small_product.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

// The sum of an element's terms one after the other, or in the lanes of 64 bytes.
template <class T>
T summed(const Product<T>& x, std::int64_t i, std::int64_t j, bool in_lanes) {
  std::vector<T> sums(in_lanes ? 64 / sizeof(T) : 1);
  for (std::int64_t p = 0; p < x.k; ++p) {
    T& sum = sums[static_cast<std::size_t>(p) % sums.size()];
    sum = std::fma(*x.a.at(i, p), *x.b.at(p, j), sum);
  }
  for (std::size_t some = sums.size() / 2; some > 0; some /= 2)
    for (std::size_t l = 0; l < some; ++l) sums[l] += sums[l + some];
  return sums[0];
}

template <class T>
void check_bits(std::int64_t m, std::int64_t n, std::int64_t k, bool ta, bool tb, bool in_lanes) {
  CAPTURE(m, n, k, ta, tb);
  const auto a = values<T>(1, m * k), b = values<T>(2, k * n), start = values<T>(3, m * n);
  const auto laid = [](const std::vector<T>& x, std::int64_t rows, std::int64_t columns, bool turned) {
    return turned ? Laid<T>{x.data(), 1, rows} : Laid<T>{x.data(), columns, 1};
  };
  for (const T beta : {T{0}, T{2}}) {
    std::vector<T> c(start);
    const T alpha = beta == 0 ? T{1} : T{3};
    const Product<T> x{m, n, k, alpha, laid(a, m, k, ta), laid(b, k, n, tb), beta, {c.data(), n, 1}, c.data(), n};
    std::vector<T> expected;
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        expected.push_back(alpha * summed(x, i, j, in_lanes) +
                           (beta == 0 ? T{0} : beta * start[static_cast<std::size_t>(i * n + j)]));
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      c = start;
      small_product(x);
      CHECK(c == expected);
    });
  }
}

}  // namespace

TEMPLATE_TEST_CASE("a small product is its terms one after the other on every target", "", float, double) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const std::int64_t n : {2, 3, 4, 5, 8, 9, 16, 17, 24, 33}) check_bits<TestType>(15, n, 7, ta, tb, false);
  check_bits<TestType>(1, 6, 40, false, false, false);
  check_bits<TestType>(6, 1, 40, true, true, false);
  check_bits<TestType>(3, 1, 1, false, false, false);
}

TEMPLATE_TEST_CASE("rows that meet contiguous columns are summed in lanes on every target", "", float, double) {
  for (const std::int64_t k : {8, 15, 16, 37, 100, 128}) check_bits<TestType>(1, 7, k, false, true, true);
  check_bits<TestType>(4, 6, 50, false, true, true);
  check_bits<TestType>(9, 1, 33, false, true, true);
  check_bits<TestType>(1, 1, 64, false, true, true);
}
