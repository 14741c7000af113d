#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "catch.h"
#include "kernels/blas.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

template <class T>
std::vector<T> numbers(std::int64_t seed, std::int64_t count) {
  if constexpr (std::is_floating_point_v<T>)
    return values<T>(seed, count);
  else
    return integers<T>(seed, count, 1000);
}

// C = alpha op(A) op(B) + beta C of matrices stored row by row.
template <class T>
Product<T> stored(bool ta, bool tb, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a,
                  std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  const auto laid = [](const T* data, std::int64_t stride, bool turned) {
    return turned ? Laid<T>{data, 1, stride} : Laid<T>{data, stride, 1};
  };
  return {m, n, k, alpha, laid(a, lda, ta), laid(b, ldb, tb), beta, {c, ldc, 1}, c, ldc};
}

template <class T>
void check_product(bool ta, bool tb, std::int64_t m, std::int64_t n, std::int64_t k) {
  INFO(ta << tb << " " << m << " " << n << " " << k);
  const std::int64_t lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 1, ldc = n + 2;
  const auto a = numbers<T>(1, (ta ? k : m) * lda), b = numbers<T>(2, (tb ? n : k) * ldb);
  const auto start = numbers<T>(3, m * ldc);
  const auto out = same_on_threads([&] {
    auto c = start;
    gemm(stored(ta, tb, m, n, k, T{2}, a.data(), lda, b.data(), ldb, T{3}, c.data(), ldc));
    return c;
  });
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < ldc; ++j) {
      const auto at = static_cast<std::size_t>(i * ldc + j);
      double expected = static_cast<double>(start[at]);
      double size = std::abs(expected) + 1;
      if (j < n) {
        expected *= 3;
        for (std::int64_t p = 0; p < k; ++p) {
          const double term = 2 * static_cast<double>(a[static_cast<std::size_t>(ta ? p * lda + i : i * lda + p)]) *
                              static_cast<double>(b[static_cast<std::size_t>(tb ? j * ldb + p : p * ldb + j)]);
          expected += term;
          size += std::abs(term);
        }
      }
      const double error = std::abs(static_cast<double>(out[at]) - expected);
      if (error > size * (sizeof(T) == 4 && std::is_floating_point_v<T> ? 1e-6 : 1e-14)) {
        FAIL_CHECK("at " << i << ", " << j << ": " << out[at] << " where " << expected << " is right");
        return;
      }
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("products agree with the plain loop", "", float, double, std::int64_t, std::int32_t) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      check_product<TestType>(ta, tb, 1, 1, 1);
      check_product<TestType>(ta, tb, 3, 1, 7);
      check_product<TestType>(ta, tb, 1, 40, 5);
      check_product<TestType>(ta, tb, 33, 17, 29);
      check_product<TestType>(ta, tb, 40, 41, 42);
      check_product<TestType>(ta, tb, 4, 5, 0);
    }
  }
}

TEMPLATE_TEST_CASE("large products have the same bits on any number of threads", "", float, double) {
  check_product<TestType>(false, false, 300, 7, 999);
  check_product<TestType>(true, false, 65, 130, 301);
  check_product<TestType>(false, true, 5, 2100, 130);
  check_product<TestType>(false, false, 90, 190, 130);
  check_product<TestType>(true, false, 150, 190, 70);
  check_product<TestType>(false, true, 60, 150, 190);
  check_product<TestType>(false, true, 700, 90, 100);
  check_product<TestType>(true, false, 600, 130, 300);
  check_product<TestType>(false, false, 500, 70, 600);
}

TEST_CASE("a product with beta 0 does not read its target, also over no terms") {
  for (const std::int64_t k : {0, 3, 50}) {
    const std::vector<float> a(2 * 50, 1), b(50 * 2, 1);
    std::vector<float> c(4, std::numeric_limits<float>::quiet_NaN());
    gemm(stored(false, false, 2, 2, k, 1.0F, a.data(), k, b.data(), 2, 0.0F, c.data(), 2));
    CHECK(c == std::vector<float>(4, static_cast<float>(k)));
  }
}

TEST_CASE("a batch of products is the products one by one, and a stride of 0 repeats an operand") {
  const auto a = values<double>(1, 40 * 6), b = values<double>(2, 12);
  const auto out = same_on_threads([&] {
    std::vector<double> c(40 * 8);
    gemm_batch(40, stored(false, true, 2, 4, 3, 1.0, a.data(), 3, b.data(), 3, 0.0, c.data(), 4), {6, 0, 8, 8});
    return c;
  });
  for (std::size_t i = 0; i < 40; ++i) {
    std::vector<double> c(8);
    gemm(stored(false, true, 2, 4, 3, 1.0, a.data() + i * 6, 3, b.data(), 3, 0.0, c.data(), 4));
    CHECK(std::vector<double>(out.begin() + static_cast<std::ptrdiff_t>(i * 8),
                              out.begin() + static_cast<std::ptrdiff_t>(i * 8 + 8)) == c);
  }
}

TEST_CASE("dot sums the products of pairs, and integers wrap around") {
  const std::vector<double> x{1, 2, 3}, y{4, 5, 6};
  CHECK(dot(3, x.data(), y.data()) == 32);
  CHECK(dot(0, x.data(), y.data()) == 0);
  const std::int32_t big[] = {2147483647, 2};
  CHECK(dot(2, big, big) == 5);
}

TEMPLATE_TEST_CASE("a product takes its base from anywhere", "", float, double, std::int32_t) {
  for (const std::int64_t n : {3, 70}) {
    const std::vector<TestType> a(static_cast<std::size_t>(n * n), 1), row = numbers<TestType>(1, n);
    std::vector<TestType> c(static_cast<std::size_t>(n * n));
    const Laid<TestType> left{a.data(), n, 1};
    for (const bool across : {true, false}) {
      gemm<TestType>({n, n, n, 1, left, left, 2, {row.data(), across ? 0 : 1, across ? 1 : 0}, c.data(), n});
      bool right = true;
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j)
          right &= c[static_cast<std::size_t>(i * n + j)] ==
                   static_cast<TestType>(n) + 2 * row[static_cast<std::size_t>(across ? j : i)];
      CHECK(right);
    }
  }
}

TEST_CASE("a product times 0 reads no operand") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  float c = 3;
  gemm<float>({1, 1, 1, 0, {&nan, 1, 1}, {&nan, 1, 1}, 2, {&c, 1, 1}, &c, 1});
  CHECK(c == 6);
}
