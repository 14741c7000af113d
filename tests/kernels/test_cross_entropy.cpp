#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "catch.h"
#include "kernels/cross_entropy.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

constexpr std::int64_t ignored = -7;

template <class T>
struct Lines {
  std::int64_t outer, n, inner;
  std::vector<T> x, weight;
  std::vector<std::int64_t> target;
  Lines(std::int64_t o, std::int64_t count, std::int64_t i)
      : outer(o),
        n(count),
        inner(i),
        x(values<T>(1, o * count * i)),
        weight(values<T>(2, count)),
        target(integers(3, o * i, static_cast<std::uint64_t>(count))) {
    for (std::size_t k = 0; k < target.size(); k += 5) target[k] = ignored;
  }
  std::size_t at(std::int64_t line, std::int64_t c) const {
    return static_cast<std::size_t>((line / inner * n + c) * inner + line % inner);
  }
  // What the kernel gives: log-probabilities of the targets, then the gradient.
  std::vector<T> run(bool weighted, bool with_gradient) const {
    std::vector<T> picked(target.size());
    std::vector<T> dx(with_gradient ? x.size() : 0);
    cross_entropy(x.data(), outer, n, inner, target.data(), ignored, weighted ? weight.data() : nullptr, T(0.25),
                  picked.data(), with_gradient ? dx.data() : nullptr);
    picked.insert(picked.end(), dx.begin(), dx.end());
    return picked;
  }
  void check(const std::vector<T>& result, bool weighted, double tolerance) const {
    for (std::int64_t line = 0; line < outer * inner; ++line) {
      const std::int64_t t = target[static_cast<std::size_t>(line)];
      double total = 0;
      for (std::int64_t c = 0; c < n; ++c) total += std::exp(static_cast<double>(x[at(line, c)]));
      const double share = t == ignored ? 0 : weighted ? static_cast<double>(weight[static_cast<std::size_t>(t)]) : 1;
      const double log = t == ignored ? 0 : static_cast<double>(x[at(line, t)]) - std::log(total);
      REQUIRE(static_cast<double>(result[static_cast<std::size_t>(line)]) ==
              Approx(log).epsilon(tolerance).margin(tolerance));
      for (std::int64_t c = 0; c < n; ++c) {
        const double p = std::exp(static_cast<double>(x[at(line, c)])) / total;
        const double exact = (p - (c == t ? 1 : 0)) * share / 4;
        REQUIRE(static_cast<double>(result[target.size() + at(line, c)]) == Approx(exact).margin(tolerance * 10));
      }
    }
  }
};

}  // namespace

TEMPLATE_TEST_CASE("cross entropy and its gradient agree with plain loops on every target", "", float, double) {
  using T = TestType;
  std::vector<std::vector<T>> first;
  on_every_target([&] {
    std::vector<std::vector<T>> results;
    for (const auto& shape :
         {std::array<std::int64_t, 3>{70, 3, 1}, {3, 16, 1}, {3, 37, 1}, {2, 1100, 1}, {2, 9, 5}, {2, 600, 70}}) {
      const Lines<T> lines(shape[0], shape[1], shape[2]);
      for (const bool weighted : {false, true}) {
        results.push_back(same_on_threads([&] { return lines.run(weighted, true); }));
        lines.check(results.back(), weighted, sizeof(T) == 4 ? 4e-6 : 1e-14);
        std::vector<T> picked = lines.run(weighted, false);
        CHECK(bits(picked) ==
              bits(std::vector<T>(results.back().begin(),
                                  results.back().begin() + static_cast<std::ptrdiff_t>(picked.size()))));
      }
    }
    if (first.empty()) first = results;
    for (std::size_t i = 0; i < results.size(); ++i) CHECK(bits(results[i]) == bits(first[i]));
  });
}

TEST_CASE("a line of cross entropy with NaN or +inf makes NaN of its gradient, even where it is ignored") {
  for (const float odd : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    for (const std::int64_t n : {3, 20}) {
      std::vector<float> x(static_cast<std::size_t>(2 * n), 1.0F);
      x[1] = x[static_cast<std::size_t>(n)] = odd;
      const std::int64_t target[] = {2, ignored};
      float picked[2];
      std::vector<float> dx(x.size());
      cross_entropy<float>(x.data(), 2, n, 1, target, ignored, nullptr, 1, picked, dx.data());
      CHECK(std::isnan(picked[0]));
      CHECK(std::isnan(dx[0]));
      CHECK(std::isnan(dx[2]));
      CHECK(picked[1] == 0);
      CHECK(std::isnan(dx.back()));
    }
  }
}

TEST_CASE("the gradient of cross entropy is scaled by a cotangent or by one for each line, in its own memory too") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::int64_t target[] = {1, ignored, 0};
  for (const std::int64_t inner : {1, 3}) {
    std::vector<double> dx{1, 2, 3, 4, 5, 6}, out(6);
    const double each[] = {10, 100, inf};
    cross_entropy_scale(dx.data(), each, 1, 3 / inner, 2, inner, target, ignored, out.data());
    if (inner == 1) {
      CHECK(std::vector<double>(out.begin(), out.begin() + 4) == std::vector<double>{10, 20, 300, 400});
      CHECK(std::isnan(out[4]));
      CHECK(out[5] == inf);
    } else {
      CHECK(std::vector<double>(out.begin(), out.begin() + 2) == std::vector<double>{10, 200});
      CHECK(std::isnan(out[2]));
      CHECK(out[5] == inf);
    }
    cross_entropy_scale(dx.data(), each, 0, 3 / inner, 2, inner, target, ignored, dx.data());
    CHECK(dx == std::vector<double>{10, 20, 30, 40, 50, 60});
  }
}
