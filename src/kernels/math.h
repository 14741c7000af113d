#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

/// Elementary functions of float in plain arithmetic without branches, so that a compiler vectorises a loop over them
/// for each target, with the same bits everywhere. Errors are at most 1.3 ulp (scripts/fit_polynomials.py made the
/// coefficients). double goes to the standard library.
namespace taper::kernels::math {

/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
template <int N>
[[gnu::always_inline]] inline float polynomial(float x, const float (&c)[N]) {
  float sum = c[N - 1];
#pragma GCC unroll 16
  for (int i = N - 2; i >= 0; --i) sum = std::fma(sum, x, c[i]);
  return sum;
}

inline constexpr float ln2_high = 0.693145752F;  // with zeros at the end: exact times a small integer
inline constexpr float ln2_low = 1.42860677e-6F;
inline constexpr float infinity = std::numeric_limits<float>::infinity();

/// Unsigned, since of NaN and infinity the differences of bits mean nothing and may wrap.
[[gnu::always_inline]] inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

/// x = n ln 2 + r, |r| <= ln 2 / 2.
struct ExpParts {
  std::int32_t n;
  float r;
  float expm1_r;  // e^r - 1
};
[[gnu::always_inline]] inline ExpParts exp_parts(float x) {
  constexpr float round = 12582912.0F;  // 1.5 * 2^23: adding it leaves an integer in the low bits
  const float shifted = std::fma(x, 1.44269504F, round);
  const float n = shifted - round;
  const float r = std::fma(n, -ln2_low, std::fma(n, -ln2_high, x));
  const float p = polynomial(r, {0.5F, 0.16666512F, 0.041666187F, 0.008369599F, 0.001395172F});
  return {static_cast<std::int32_t>(bits_of(shifted) - bits_of(round)), r, std::fma(p * r, r, r)};
}
[[gnu::always_inline]] inline float power_of_two(std::int32_t n) {
  return std::bit_cast<float>((static_cast<std::uint32_t>(n) + 127U) << 23U);
}

[[gnu::always_inline]] inline float exp(float x) {
  const ExpParts e = exp_parts(x);
  const std::int32_t half = e.n >> 1;  // in two steps: 2^n may be no normal number
  const float y = (e.expm1_r + 1.0F) * power_of_two(half) * power_of_two(e.n - half);
  const float bounded = x > 88.7228394F ? infinity : y;
  return x < -103.972084F ? 0.0F : bounded;
}

[[gnu::always_inline]] inline float expm1(float x) {
  const ExpParts e = exp_parts(x);
  const float scale = power_of_two(e.n);
  const float near = std::fma(scale, e.expm1_r, scale - 1.0F);
  const float far = x > 17.0F ? exp(x) : -1.0F;
  const float y = x > 17.0F || x < -17.5F ? far : near;
  return x == 0.0F ? x : y;
}

[[gnu::always_inline]] inline float sigmoid(float x) { return 1.0F / (1.0F + exp(-x)); }

[[gnu::always_inline]] inline float tanh(float x) {
  const float z = x * x;
  const float p = polynomial(z, {-0.33333284F, 0.13331491F, -0.053743497F, 0.020650588F, -0.005717045F});
  const float small = std::fma(p * z, x, x);
  const float a = std::abs(x);
  const float large = 1.0F - 2.0F / (exp(2.0F * a) + 1.0F);
  return std::copysign(a < 0.625F ? small : large, x);
}

[[gnu::always_inline]] inline float erf(float x) {
  const float z = x * x;
  const float p = polynomial(
      z, {0.12837917F, -0.37612626F, 0.112835854F, -0.026853813F, 0.0051883277F, -0.00080101937F, 7.8538615e-05F});
  const float a = std::abs(x);
  // -log(1 - erf(a))
  const float q = polynomial(a, {-0.00017055075F, 1.1294951F, 0.6333867F, 0.1082366F, -0.025091486F, 0.0041605225F,
                                 -0.00043230198F, 2.090946e-05F});
  const float large = std::copysign(a > 4.0F ? 1.0F : 1.0F - exp(-q), x);
  const float y = a < 0.9F ? std::fma(p, x, x) : large;
  return x != x ? x : y;
}

/// n ln 2 + log(1 + f), for 1 + f in [sqrt(1/2), sqrt(2)).
[[gnu::always_inline]] inline float log_of_parts(float n, float f) {
  const float p = polynomial(f, {0.33333313F, -0.2500001F, 0.20002119F, -0.16667996F, 0.14219552F, -0.12405589F,
                                 0.11888162F, -0.11675652F, 0.06746641F});
  const float square = f * f;
  const float low = std::fma(-0.5F, square, std::fma(n, ln2_low, square * f * p));
  return std::fma(n, ln2_high, f + low);
}
/// n of x = 2^n m with m in [sqrt(1/2), sqrt(2)), for a normal x.
[[gnu::always_inline]] inline std::int32_t log_exponent(float x) {
  return static_cast<std::int32_t>(bits_of(x) - 0x3f3504f3U) >> 23;
}

/// x 2^-n.
[[gnu::always_inline]] inline float without_exponent(float x, std::int32_t n) {
  return std::bit_cast<float>(bits_of(x) - (static_cast<std::uint32_t>(n) << 23U));
}

[[gnu::always_inline]] inline float log(float x) {
  const bool subnormal = x < std::numeric_limits<float>::min();
  const float scaled = subnormal ? x * 8388608.0F : x;  // 2^23
  const std::int32_t n = log_exponent(scaled);
  const float m = without_exponent(scaled, n);
  const float y = log_of_parts(static_cast<float>(n) - (subnormal ? 23.0F : 0.0F), m - 1.0F);
  const float at_ends = x == 0.0F ? -infinity : x == infinity ? x : y;
  return x >= 0.0F ? at_ends : std::numeric_limits<float>::quiet_NaN();
}

[[gnu::always_inline]] inline float log1p(float x) {
  const float u = 1.0F + x;
  const float lost = x < 1.0F ? x - (u - 1.0F) : 1.0F - (u - x);  // what rounding u has taken away
  const std::int32_t n = log_exponent(u);
  const float m = without_exponent(u, n);
  const float y = log_of_parts(static_cast<float>(n), std::fma(lost, power_of_two(std::max(-n, -126)), m - 1.0F));
  const float at_ends = x == -1.0F ? -infinity : x == infinity || x == 0.0F ? x : y;
  return x >= -1.0F ? at_ends : std::numeric_limits<float>::quiet_NaN();
}

[[gnu::always_inline]] inline double exp(double x) { return std::exp(x); }
[[gnu::always_inline]] inline double expm1(double x) { return std::expm1(x); }
[[gnu::always_inline]] inline double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
[[gnu::always_inline]] inline double tanh(double x) { return std::tanh(x); }
[[gnu::always_inline]] inline double erf(double x) { return std::erf(x); }
[[gnu::always_inline]] inline double log(double x) { return std::log(x); }
[[gnu::always_inline]] inline double log1p(double x) { return std::log1p(x); }

}  // namespace taper::kernels::math
