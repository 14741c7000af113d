#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "catch.h"
#include "kernels/softmax.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

template <class T>
struct Lines {
  std::int64_t outer, n, inner;
  std::vector<T> x, g;
  Lines(std::int64_t o, std::int64_t count, std::int64_t i)
      : outer(o), n(count), inner(i), x(values<T>(1, o * count * i)), g(values<T>(2, o * count * i)) {
    for (T& v : x) v /= 8;
  }
  std::size_t at(std::int64_t r, std::int64_t i) const {
    return static_cast<std::size_t>((r / inner * n + i) * inner + r % inner);
  }
};

template <class T>
void check_line(const Lines<T>& l, std::int64_t r, const std::vector<T>& soft, const std::vector<T>& log_soft,
                const std::vector<T>& sums, const std::vector<T>& dx, const std::vector<T>& log_dx, double tolerance) {
  double total = 0, dot = 0, grads = 0;
  for (std::int64_t i = 0; i < l.n; ++i) total += std::exp(static_cast<double>(l.x[l.at(r, i)]));
  const double log_total = std::log(total);
  REQUIRE(static_cast<double>(sums[static_cast<std::size_t>(r)]) == Approx(log_total).epsilon(tolerance));
  for (std::int64_t i = 0; i < l.n; ++i) {
    const double p = std::exp(static_cast<double>(l.x[l.at(r, i)]) - log_total);
    REQUIRE(static_cast<double>(soft[l.at(r, i)]) == Approx(p).epsilon(tolerance));
    REQUIRE(static_cast<double>(log_soft[l.at(r, i)]) == Approx(std::log(p)).epsilon(tolerance).margin(tolerance));
    dot += p * static_cast<double>(l.g[l.at(r, i)]);
    grads += static_cast<double>(l.g[l.at(r, i)]);
  }
  for (std::int64_t i = 0; i < l.n; ++i) {
    const double p = std::exp(static_cast<double>(l.x[l.at(r, i)]) - log_total);
    const double g = static_cast<double>(l.g[l.at(r, i)]);
    const double margin = tolerance * 300;
    REQUIRE(static_cast<double>(dx[l.at(r, i)]) == Approx((g - dot) * p).margin(margin));
    REQUIRE(static_cast<double>(log_dx[l.at(r, i)]) == Approx(g - p * grads).margin(margin));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("softmax, its logarithm and their gradients agree with plain loops on every target", "", float,
                   double) {
  using T = TestType;
  const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-14;
  on_every_target([&] {
    for (const auto& shape :
         {std::array<std::int64_t, 3>{70, 3, 1}, {3, 37, 1}, {2, 1100, 1}, {2, 9, 5}, {2, 600, 70}}) {
      const std::int64_t outer = shape[0], n = shape[1], inner = shape[2];
      const Lines<T> l(outer, n, inner);
      const auto result = [&](auto kernel, std::int64_t size) {
        return same_on_threads([&] {
          std::vector<T> out(static_cast<std::size_t>(size));
          kernel(out.data());
          return out;
        });
      };
      const std::int64_t all = outer * n * inner;
      const auto soft = result([&](T* out) { softmax(l.x.data(), outer, n, inner, out); }, all);
      const auto log_soft = result([&](T* out) { log_softmax(l.x.data(), outer, n, inner, out); }, all);
      const auto sums = result([&](T* out) { logsumexp(l.x.data(), outer, n, inner, out); }, outer * inner);
      const auto dx = result([&](T* out) { softmax_backward(soft.data(), l.g.data(), outer, n, inner, out); }, all);
      const auto log_dx =
          result([&](T* out) { log_softmax_backward(log_soft.data(), l.g.data(), outer, n, inner, out); }, all);
      for (std::int64_t r = 0; r < outer * inner; ++r) check_line(l, r, soft, log_soft, sums, dx, log_dx, tolerance);
    }
  });
}

TEST_CASE("rows of log_softmax have the same bits together, each by itself and on every target") {
  const std::int64_t rows = 9;
  for (const std::int64_t n : {17, 530, 1100}) {
    Lines<float> l(rows, n, 1);
    l.x[l.at(2, 5)] = std::numeric_limits<float>::quiet_NaN();
    l.x[l.at(4, n - 1)] = std::numeric_limits<float>::infinity();
    for (std::int64_t i = 1; i < n; ++i) l.x[l.at(6, i)] = -std::numeric_limits<float>::infinity();
    l.x[l.at(7, 3)] = 300;
    std::vector<float> first;
    on_every_target([&] {
      const auto all = static_cast<std::size_t>(rows * n);
      std::vector<float> out(2 * all);
      log_softmax(l.x.data(), rows, n, 1, out.data());
      log_softmax_backward(out.data(), l.g.data(), rows, n, 1, out.data() + all);
      std::vector<float> single(2 * all);
      for (std::int64_t r = 0; r < rows; ++r) {
        float* y = single.data() + r * n;
        log_softmax(l.x.data() + r * n, 1, n, 1, y);
        log_softmax_backward(y, l.g.data() + r * n, 1, n, 1, y + all);
      }
      if (first.empty()) first = out;
      for (std::size_t i = 0; i < out.size(); ++i) {
        const auto same = [&](float other) { return std::isnan(out[i]) ? std::isnan(other) : out[i] == other; };
        REQUIRE(same(single[i]));
        REQUIRE(same(first[i]));
      }
      REQUIRE(std::isnan(out[l.at(2, 0)]));
      REQUIRE(std::isnan(out[l.at(4, n - 1)]));
      REQUIRE(out[l.at(6, 0)] == 0);
      REQUIRE(std::isfinite(out[l.at(8, 0)]));
    });
  }
}

TEST_CASE("a line with NaN, with +inf or with nothing but -inf makes NaN, logsumexp keeps the infinity") {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  on_every_target([&] {
    for (const std::int64_t n : {3, 20}) {
      for (const float odd : {inf, -inf, nan}) {
        std::vector<float> x(static_cast<std::size_t>(2 * n), odd == -inf ? -inf : 1.0F);
        x[1] = odd;  // in [n][2] a value of the second column, in [2][n] one of the first row
        std::vector<float> out(x.size());
        softmax(x.data(), 2, n, 1, out.data());
        CHECK(std::isnan(out[0]));
        CHECK(std::isnan(out[1]));
        softmax(x.data(), 1, n, 2, out.data());
        CHECK(std::isnan(out[1]));
        CHECK(std::isnan(out[3]));
        CHECK(std::isnan(out[0]) == (odd == -inf));
        log_softmax(x.data(), 2, n, 1, out.data());
        CHECK(std::isnan(out[0]));
        float sums[2];
        logsumexp(x.data(), 2, n, 1, sums);
        CHECK((std::isnan(odd) ? std::isnan(sums[0]) : sums[0] == odd));
        logsumexp(x.data(), 1, n, 2, sums);
        CHECK((std::isnan(odd) ? std::isnan(sums[1]) : sums[1] == odd));
      }
    }
  });
  const float mixed[] = {-inf, 0, nan, inf};
  float out[2];
  softmax(mixed, 1, 2, 1, out);
  CHECK(out[0] == 0);
  CHECK(out[1] == 1);
  logsumexp(mixed, 1, 4, 1, out);
  CHECK(std::isnan(out[0]));
}
