#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catch.h"
#include "kernels/math.h"

namespace math = taper::kernels::math;

namespace {

// The distance of `got` from `exact` in units of the float's last place.
double ulps(float got, double exact) {
  if (std::isnan(exact)) return std::isnan(got) ? 0 : INFINITY;
  const auto nearest = static_cast<float>(exact);
  if (std::isinf(nearest) || std::isinf(got)) return nearest == got ? 0 : INFINITY;
  int exponent = 0;
  std::frexp(nearest, &exponent);
  return std::abs(got - exact) / std::ldexp(1.0, std::max(exponent - 24, -149));
}

// The largest error over floats of all sizes and signs, NaN and infinities among them.
template <class F, class G>
double largest_error(F function, G exact) {
  double largest = 0;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 4099) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    largest = std::max(largest, ulps(function(x), exact(static_cast<double>(x))));
  }
  return largest;
}

}  // namespace

TEST_CASE("elementary functions of float are within their bounds of the exact values") {
  CHECK(largest_error([](float x) { return math::exp(x); }, [](double x) { return std::exp(x); }) < 1.1);
  CHECK(largest_error([](float x) { return math::expm1(x); }, [](double x) { return std::expm1(x); }) < 1.7);
  CHECK(largest_error([](float x) { return math::tanh(x); }, [](double x) { return std::tanh(x); }) < 1.4);
  // erf is one polynomial and expm1 for all x, where a branch for small x would have its own and be nearer.
  CHECK(largest_error([](float x) { return math::erf(x); }, [](double x) { return std::erf(x); }) < 1.8);
  CHECK(largest_error([](float x) { return math::log(x); }, [](double x) { return std::log(x); }) < 0.85);
  CHECK(largest_error([](float x) { return math::log1p(x); }, [](double x) { return std::log1p(x); }) < 1.5);
}

TEST_CASE("what gelu adds to 1 is exact to the last places of 1, and so are the normal distribution and its density") {
  double erf_error = 0, below_error = 0, density_error = 0;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 4099) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (std::isnan(x)) continue;
    const double wide = x;
    const auto exact = math::normal(wide);
    const auto got = math::normal(x);
    erf_error = std::max(erf_error, std::abs(math::normal_erf(x) - math::normal_erf(wide)));
    below_error = std::max(below_error, std::abs(got.below - exact.below));
    density_error = std::max(density_error, std::abs(got.density - exact.density));
  }
  CHECK(erf_error < 1.4e-7);
  CHECK(below_error < 1.3e-7);
  CHECK(density_error < 8e-8);
  constexpr float inf = std::numeric_limits<float>::infinity();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(math::normal_erf(-inf) == -1);
  CHECK(math::normal_erf(inf) == 1);
  CHECK(math::normal(-inf).below == 0);
  CHECK(math::normal(inf).below == 1);
  CHECK(math::normal(1e30F).density == 0);
  CHECK(math::normal(-inf).density == 0);
  CHECK(std::abs(math::normal_erf(nan)) <= 1);
  CHECK(std::abs(math::normal(nan).below - 0.5F) <= 0.5F);
  CHECK(std::abs(math::normal(nan).density - 0.5F) <= 0.5F);
}

TEST_CASE("exp of numbers up to zero is within a unit of the exact value, subnormal ones too, and passes NaN on") {
  const auto low = [](auto x) { return x > 0 ? -x : x; };
  CHECK(largest_error([&](float x) { return math::exp_to_one(low(x)); }, [&](double x) { return std::exp(low(x)); }) <
        1.1);
  for (double x = 0; x > -760; x = x * 1.003 - 1e-3) {
    const double exact = std::exp(x);
    REQUIRE(std::abs(math::exp_to_one(x) - exact) <= std::max(exact * 0x1p-52, 0x1p-1074));
  }
  CHECK(math::exp_to_one(0.0F) == 1);
  CHECK(math::exp_to_one(0.0) == 1);
  CHECK(math::exp_to_one(-std::numeric_limits<float>::infinity()) == 0);
  CHECK(math::exp_to_one(-std::numeric_limits<double>::infinity()) == 0);
  CHECK(std::isnan(math::exp_to_one(std::numeric_limits<float>::quiet_NaN())));
  CHECK(std::isnan(math::exp_to_one(std::numeric_limits<double>::quiet_NaN())));
}

TEST_CASE("sigmoid is accurate as long as exp(-x) is finite, and 0 below") {
  const auto exact = [](double x) { return x < -88.7 ? 0.0 : 1 / (1 + std::exp(-x)); };
  CHECK(largest_error([](float x) { return x < -88.7F && x > -89.0F ? 0.0F : math::sigmoid(x); }, exact) < 2.5);
}

TEST_CASE("elementary functions of float keep zero's sign and know their ends") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (const auto function : {+[](float x) { return math::expm1(x); }, +[](float x) { return math::tanh(x); },
                              +[](float x) { return math::erf(x); }, +[](float x) { return math::log1p(x); }}) {
    CHECK(std::signbit(function(-0.0F)));
    CHECK(function(-0.0F) == 0);
    CHECK_FALSE(std::signbit(function(0.0F)));
  }
  CHECK(math::exp(-inf) == 0);
  CHECK(math::exp(inf) == inf);
  CHECK(math::expm1(-inf) == -1);
  CHECK(math::expm1(inf) == inf);
  CHECK(math::tanh(-inf) == -1);
  CHECK(math::erf(inf) == 1);
  CHECK(math::log(0.0F) == -inf);
  CHECK(math::log(inf) == inf);
  CHECK(math::log1p(-1.0F) == -inf);
  CHECK(math::log1p(inf) == inf);
  CHECK(std::isnan(math::log(-1.0F)));
  CHECK(std::isnan(math::log1p(-1.5F)));
  CHECK(math::exp(std::numeric_limits<float>::denorm_min()) == 1);
}
