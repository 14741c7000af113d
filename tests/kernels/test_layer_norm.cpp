#include <cmath>
#include <cstdint>
#include <vector>

#include "catch.h"
#include "kernels/layer_norm.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

constexpr std::int64_t rows = 90, n = 70;
constexpr double eps = 1e-5;

// The sum of g times layer_norm(x), whose derivatives the kernels give.
double loss(const std::vector<double>& x, const std::vector<double>& gamma, const std::vector<double>& beta,
            const std::vector<double>& g) {
  std::vector<double> y(x.size()), mean(rows), rstd(rows);
  layer_norm(x.data(), rows, n, gamma.data(), beta.data(), eps, y.data(), mean.data(), rstd.data());
  double total = 0;
  for (std::size_t i = 0; i < y.size(); ++i) total += g[i] * y[i];
  return total;
}

}  // namespace

TEMPLATE_TEST_CASE("layer_norm agrees with the plain formula on every target", "", float, double) {
  using T = TestType;
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-12;
  const auto x = values<T>(1, rows * n), gamma = values<T>(2, n), beta = values<T>(3, n);
  on_every_target([&] {
    for (const bool affine : {false, true}) {
      std::vector<T> mean(rows), rstd(rows);
      const auto y = same_on_threads([&] {
        std::vector<T> out(x.size());
        layer_norm(x.data(), rows, n, affine ? gamma.data() : nullptr, affine ? beta.data() : nullptr, eps, out.data(),
                   mean.data(), rstd.data());
        return out;
      });
      for (std::size_t r = 0; r < rows; ++r) {
        double center = 0, square = 0;
        for (std::size_t j = 0; j < n; ++j) center += static_cast<double>(x[r * n + j]) / n;
        for (std::size_t j = 0; j < n; ++j) square += std::pow(static_cast<double>(x[r * n + j]) - center, 2) / n;
        REQUIRE(static_cast<double>(mean[r]) == Approx(center).epsilon(tolerance));
        REQUIRE(static_cast<double>(rstd[r]) == Approx(1 / std::sqrt(square + eps)).epsilon(tolerance));
        for (std::size_t j = 0; j < n; ++j) {
          const double hat = (static_cast<double>(x[r * n + j]) - center) / std::sqrt(square + eps);
          const double expected = affine ? hat * static_cast<double>(gamma[j]) + static_cast<double>(beta[j]) : hat;
          REQUIRE(static_cast<double>(y[r * n + j]) == Approx(expected).margin(300 * tolerance));
        }
      }
    }
  });
}

TEST_CASE("the gradients of layer_norm are its differences") {
  auto x = values<double>(1, rows * n), gamma = values<double>(2, n), beta = values<double>(3, n);
  const auto g = values<double>(4, rows * n);
  std::vector<double> y(x.size()), mean(rows), rstd(rows), dbeta(n);
  layer_norm(x.data(), rows, n, gamma.data(), beta.data(), eps, y.data(), mean.data(), rstd.data());
  const auto dx = same_on_threads([&] {
    std::vector<double> out(x.size());
    layer_norm_backward(g.data(), x.data(), mean.data(), rstd.data(), gamma.data(), rows, n, out.data());
    return out;
  });
  const auto dgamma = same_on_threads([&] {
    std::vector<double> out(n);
    layer_norm_backward_affine(g.data(), x.data(), mean.data(), rstd.data(), rows, n, out.data(), dbeta.data());
    return out;
  });
  const auto slope = [&](std::vector<double>& v, std::size_t i) {
    constexpr double h = 1e-4;
    const double at = v[i];
    v[i] = at + h;
    const double up = loss(x, gamma, beta, g);
    v[i] = at - h;
    const double down = loss(x, gamma, beta, g);
    v[i] = at;
    return (up - down) / (2 * h);
  };
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{69}}) {
    CHECK(dgamma[i] == Approx(slope(gamma, i)).epsilon(1e-6));
    CHECK(dbeta[i] == Approx(slope(beta, i)).epsilon(1e-6));
    CHECK(dx[i] == Approx(slope(x, i)).epsilon(1e-4));
    CHECK(dx[i + 80 * n] == Approx(slope(x, i + 80 * n)).epsilon(1e-4));
  }
  std::vector<double> plain(x.size()), ones(n, 1.0), with_ones(x.size());
  layer_norm_backward(g.data(), x.data(), mean.data(), rstd.data(), static_cast<double*>(nullptr), rows, n,
                      plain.data());
  layer_norm_backward(g.data(), x.data(), mean.data(), rstd.data(), ones.data(), rows, n, with_ones.data());
  CHECK(plain == with_ones);
}
