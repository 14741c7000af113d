#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "catch.h"
#include "kernels/reduce.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

template <class T>
void check_sum(const Vector& v) {
  const std::int64_t outer = v.integer(0), n = v.integer(1), inner = v.integer(2);
  const auto x = values<T>(v.integer(3), outer * n * inner);
  const auto total = same_on_threads([&] {
    std::vector<T> out(static_cast<std::size_t>(outer * inner), T{7});
    sum(x.data(), outer, n, inner, out.data());
    return out;
  });
  CHECK(bits(total) == v.words);
}

template <class T>
void check_norm(const Vector& v) {
  const auto x = values<T>(v.integer(1), v.integer(0));
  T out = 0;
  norm(x.data(), 1, v.integer(0), 1, v.arguments[2], &out);
  CHECK(bits(out) == v.words.at(0));
}

template <class T>
T element(std::uint64_t u) {
  if constexpr (std::is_same_v<T, bool>) return u % 3 != 0;
  return static_cast<T>(static_cast<std::int64_t>(u % 21) - 10);
}

// std::vector<bool> has no data(), so the tests hold plain arrays of T here.
template <class T>
struct Block {
  explicit Block(std::int64_t count) : data(new T[static_cast<std::size_t>(count)]()) {}
  std::unique_ptr<T[]> data;
};

constexpr std::int64_t outer = 3, n = 37, inner_sizes[] = {1, 5, 70};

}  // namespace

TEST_CASE("sums have PyTorch's bits on every target and number of threads") {
  const auto vectors = read_vectors("kernels.txt");
  on_every_target([&] {
    int seen = 0;
    for (const Vector& v : vectors) {
      if (v.what != "sum") continue;
      INFO(v.dtype << " " << v.arguments[0] << " " << v.arguments[1] << " " << v.arguments[2]);
      v.dtype == "float32" ? check_sum<float>(v) : check_sum<double>(v);
      ++seen;
    }
    CHECK(seen > 40);
  });
}

TEST_CASE("norms of vectors have PyTorch's bits") {
  on_every_target([&] {
    for (const Vector& v : read_vectors("kernels.txt")) {
      if (v.what != "norm") continue;
      INFO(v.dtype << " n " << v.arguments[0] << " p " << v.arguments[2]);
      v.dtype == "float32" ? check_norm<float>(v) : check_norm<double>(v);
    }
  });
}

TEMPLATE_TEST_CASE("reductions of whole numbers agree with plain loops", "", std::int64_t, std::int32_t, bool, float) {
  using T = TestType;
  for (const std::int64_t inner : inner_sizes) {
    const std::int64_t count = outer * inner;
    Block<T> x(count * n), high(count), low(count);
    const auto u = hashes(inner, count * n);
    for (std::size_t i = 0; i < u.size(); ++i) x.data[i] = element<T>(u[i]);
    std::vector<std::int64_t> high_at(static_cast<std::size_t>(count)), low_at(high_at), total(high_at);
    Block<bool> some(count), every(count);
    max(x.data.get(), outer, n, inner, high.data.get(), high_at.data());
    min(x.data.get(), outer, n, inner, low.data.get(), low_at.data());
    any(x.data.get(), outer, n, inner, some.data.get());
    all(x.data.get(), outer, n, inner, every.data.get());
    if constexpr (!std::is_same_v<T, float>) sum_int(x.data.get(), outer, n, inner, total.data());
    for (std::int64_t r = 0; r < count; ++r) {
      const T* line = x.data.get() + r / inner * n * inner + r % inner;
      std::int64_t expected = 0, most = 0, least = 0;
      bool one = false, none_zero = true;
      for (std::int64_t i = 0; i < n; ++i) {
        const T value = line[i * inner];
        expected += static_cast<std::int64_t>(value);
        if (value > line[most * inner]) most = i;
        if (value < line[least * inner]) least = i;
        one = one || value != T{};
        none_zero = none_zero && value != T{};
      }
      const auto at = static_cast<std::size_t>(r);
      if constexpr (!std::is_same_v<T, float>) REQUIRE(total[at] == expected);
      REQUIRE(high_at[at] == most);
      REQUIRE(low_at[at] == least);
      REQUIRE(high.data[at] == line[most * inner]);
      REQUIRE(low.data[at] == line[least * inner]);
      REQUIRE(some.data[at] == one);
      REQUIRE(every.data[at] == none_zero);
    }
  }
}

TEST_CASE("the first NaN is both the largest and the smallest") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x(100, 1.0F);
  x[57] = nan;
  x[90] = nan;
  x[3] = std::numeric_limits<float>::infinity();
  for (const std::int64_t inner : {1, 2}) {
    std::vector<float> value(static_cast<std::size_t>(inner));
    std::vector<std::int64_t> at(static_cast<std::size_t>(inner));
    max(x.data(), 1, 100 / inner, inner, value.data(), at.data());
    CHECK(std::isnan(value.back()));
    CHECK(at.back() == 57 / inner);
    min(x.data(), 1, 100 / inner, inner, value.data(), at.data());
    CHECK(std::isnan(value.back()));
    CHECK(at.back() == 57 / inner);
  }
}

TEST_CASE("products, running sums and variances agree with plain loops") {
  for (const std::int64_t inner : inner_sizes) {
    const auto x = values<float>(2, outer * n * inner);
    const auto size = static_cast<std::size_t>(outer * inner);
    std::vector<float> product(size), var(size), mean(size), running(x.size());
    prod(x.data(), outer, n, inner, product.data());
    variance(x.data(), outer, n, inner, 1, var.data(), mean.data());
    cumsum(x.data(), outer, n, inner, running.data());
    for (std::size_t r = 0; r < size; ++r) {
      const auto width = static_cast<std::size_t>(inner);
      const std::size_t first = r / width * static_cast<std::size_t>(n) * width + r % width;
      float p = 1;
      double total = 0, square = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        p *= x[first + i * width];
        total += static_cast<double>(x[first + i * width]);
        square += static_cast<double>(x[first + i * width]) * static_cast<double>(x[first + i * width]);
        REQUIRE(running[first + i * width] == static_cast<float>(total));
      }
      REQUIRE(product[r] == Approx(p).epsilon(1e-5));
      REQUIRE(mean[r] == Approx(total / n));
      REQUIRE(var[r] == Approx((square - total * total / n) / (n - 1)));
    }
  }
  float var = 0;
  variance(&var, 1, 0, 1, 1, &var, static_cast<float*>(nullptr));
  CHECK(std::isnan(var));
}

TEST_CASE("a norm along a middle axis is each column's norm") {
  const auto x = values<double>(3, 2 * 9 * 4);
  std::vector<double> out(8);
  for (const double p : {2.0, 1.0, 0.0, 3.0, HUGE_VAL, -HUGE_VAL}) {
    norm(x.data(), 2, 9, 4, p, out.data());
    for (std::size_t r = 0; r < 8; ++r) {
      std::vector<double> column;
      for (std::size_t i = 0; i < 9; ++i) column.push_back(x[r / 4 * 36 + i * 4 + r % 4]);
      double expected = 0;
      norm(column.data(), 1, 9, 1, p, &expected);
      CHECK(out[r] == Approx(expected).epsilon(1e-12));
    }
  }
}
