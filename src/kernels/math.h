#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

/// Elementary functions of float in plain arithmetic without branches, so that a compiler vectorises a loop over them
/// for each target, with the same bits everywhere. Errors are below 2 ulp (scripts/fit_polynomials.py made the
/// coefficients). double goes to the standard library, but for exp_to_unit.
namespace taper::kernels::math {

/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
template <class T, int N>
[[gnu::always_inline]] inline T polynomial(T x, const T (&c)[N]) {
  T sum = c[N - 1];
#pragma GCC unroll 16
  for (int i = N - 2; i >= 0; --i) sum = std::fma(sum, x, c[i]);
  return sum;
}

inline constexpr float log2_e = 1.44269504F;
inline constexpr float ln2_high = 0.693145752F;  // with zeros at the end: exact times a small integer
inline constexpr float ln2_low = 1.42860677e-6F;
inline constexpr float integer_shift = 12582912.0F;  // 1.5 * 2^23: adding it leaves an integer in the low bits
inline constexpr float infinity = std::numeric_limits<float>::infinity();

/// Unsigned, since of NaN and infinity the differences of bits mean nothing and may wrap.
[[gnu::always_inline]] inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

/// The smaller of |x| and a positive bound, which is also what NaN gives. As integers it is one instruction, where that
/// of floats becomes a comparison and a blend.
[[gnu::always_inline]] inline float bounded_size(float x, float bound) {
  return std::bit_cast<float>(std::min(bits_of(x) & 0x7fffffffU, bits_of(bound)));
}

/// x = n ln 2 + r, |r| <= ln 2 / 2.
struct ExpParts {
  std::int32_t n;
  float r;
  float expm1_r;  // e^r - 1
};
[[gnu::always_inline]] inline ExpParts exp_parts(float x) {
  const float shifted = std::fma(x, log2_e, integer_shift);
  const float n = shifted - integer_shift;
  const float r = std::fma(n, -ln2_low, std::fma(n, -ln2_high, x));
  const float p = polynomial(r, {0.5F, 0.16666512F, 0.041666187F, 0.008369599F, 0.001395172F});
  return {static_cast<std::int32_t>(bits_of(shifted) - bits_of(integer_shift)), r, std::fma(p * r, r, r)};
}
[[gnu::always_inline]] inline float power_of_two(std::int32_t n) {
  return std::bit_cast<float>((static_cast<std::uint32_t>(n) + 127U) << 23U);
}

/// e^r for |r| <= ln 2 / 2, as a polynomial.
inline constexpr float exp_terms[] = {1.0F, 1.0F, 0.5F, 0.16666512F, 0.041666187F, 0.008369599F, 0.001395172F};

[[gnu::always_inline]] inline float exp(float x) {
  const ExpParts e = exp_parts(x);
  const std::int32_t half = e.n >> 1;  // in two steps: 2^n may be no normal number
  const float y = polynomial(e.r, exp_terms) * power_of_two(half) * power_of_two(e.n - half);
  const float bounded = x > 88.7228394F ? infinity : y;
  return x < -103.972084F ? 0.0F : bounded;
}

inline constexpr float exp_lowest = -104.0F;
inline constexpr int exp_unit_bias = 151;  // 2^(n + 24) has the exponent n + 151

/// e^x 2^(bias - 127) within 1 ulp as a product, for x with e^x = 2^n e^r where 2^(n + bias - 127) is a normal number.
struct ExpFactors {
  float mantissa;  // e^r
  float power;
};
template <int bias>
[[gnu::always_inline]] inline ExpFactors exp_factors(float x) {
  constexpr float shift = integer_shift + bias;
  const float shifted = std::fma(x, log2_e, shift);
  const float n = shifted - shift;
  const float r = std::fma(n, -ln2_low, std::fma(n, -ln2_high, x));
  return {polynomial(r, exp_terms), std::bit_cast<float>(bits_of(shifted) << 23U)};
}

/// exp(x) * exp_unit<float> for x <= 0, within 1 ulp and never subnormal; NaN for NaN. Below -104 it stays at what
/// exp(x) rounds to 0 from.
[[gnu::always_inline]] inline float exp_to_unit(float x) {
  const ExpFactors e = exp_factors<exp_unit_bias>(x < exp_lowest ? exp_lowest : x);
  return e.mantissa * e.power;
}
/// The same of double, by e^r's series.
[[gnu::always_inline]] inline double exp_to_unit(double x) {
  constexpr double round = 0x1.8p52 + 1087.0;  // leaves n + 1087, the exponent of 2^(n + 64)
  const double bounded = x < -746.0 ? -746.0 : x;
  const double shifted = std::fma(bounded, 0x1.71547652b82fep+0, round);
  const double n = shifted - round;
  const double r = std::fma(n, -0x1.abc9e3b39803fp-56, std::fma(n, -0x1.62e42fefa39efp-1, bounded));
  const double p = polynomial(r, {1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
                                  1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800});
  return p * std::bit_cast<double>(std::bit_cast<std::uint64_t>(shifted) << 52U);
}
template <class T>
inline constexpr double exp_unit = sizeof(T) == sizeof(float) ? 0x1p24 : 0x1p64;
/// exp(x) for x <= 0 in fewer steps than exp.
template <class T>
[[gnu::always_inline]] inline T exp_to_one(T x) {
  return exp_to_unit(x) * static_cast<T>(1 / exp_unit<T>);
}

/// e^x - 1 for x whose e^x is a normal number. Of 0 with any sign it is 0.
[[gnu::always_inline]] inline float bounded_expm1(float x) {
  const ExpParts e = exp_parts(x);
  const float scale = power_of_two(e.n);
  return std::fma(scale, e.expm1_r, scale - 1.0F);
}

[[gnu::always_inline]] inline float expm1(float x) {
  const float near = bounded_expm1(x);
  const float far = x > 17.0F ? exp(x) : -1.0F;
  const float y = x > 17.0F || x < -17.5F ? far : near;
  return x == 0.0F ? x : y;
}

[[gnu::always_inline]] inline float sigmoid(float x) { return 1.0F / (1.0F + exp(-x)); }

[[gnu::always_inline]] inline float tanh(float x) {
  const float z = x * x;
  const float p = polynomial(z, {-0.33333284F, 0.13331491F, -0.053743497F, 0.020650588F, -0.005717045F});
  const float small = std::fma(p * z, x, x);
  const ExpFactors e = exp_factors<127>(2.0F * bounded_size(x, 10.0F));
  const float large = 1.0F - 2.0F / std::fma(e.mantissa, e.power, 1.0F);
  return std::copysign(std::abs(x) >= 0.625F ? large : small, x);  // NaN is small
}

[[gnu::always_inline]] inline float erf(float x) {
  const float a = std::abs(x);
  const float b = a > 4.0F ? 4.0F : a;
  // -log(1 - erf(b)) / b - 1
  const float p = polynomial(b, {0.12837917F, 0.6366194F, 0.10277784F, -0.01915309F, -0.0001603522F, 0.0016669864F,
                                 -0.0006328155F, 0.00011763557F, -9.255653e-06F});
  return std::copysign(bounded_expm1(-std::fma(b, p, b)), x);
}

/// 2^-x = p 2^n within 2 ulp for x in [0, 2^21]; n + `bias` stands in the low bits of `shifted`.
struct Exp2Parts {
  float shifted;
  float p;
};
template <int bias>
[[gnu::always_inline]] inline Exp2Parts exp2_of_negative(float x) {
  constexpr float shift = integer_shift + bias;
  const float shifted = shift - x;
  const float r = (shifted - shift) + x;
  return {shifted, polynomial(r, {1.0F, -0.693147F, 0.24022242F, -0.055507336F, 0.009671513F, -0.0013264727F})};
}

/// erf(x / sqrt(2)), twice what the normal distribution has between 0 and x, or any number up to 1 for NaN. Its
/// absolute error is at most 1.3e-7: about what adding 1 would leave of it anyway.
[[gnu::always_inline]] inline float normal_erf(float x) {
  const float b = bounded_size(x, 5.6F);
  // -log2(1 - erf(b / sqrt(2))) / b
  const float q = polynomial(b, {1.1511052F, 0.4592082F, 0.052496176F, -0.007063419F, 0.0001369374F, 0.00018617896F,
                                 -3.937725e-05F, 2.8348622e-06F});
  const Exp2Parts e = exp2_of_negative<0>(b * q);
  return std::copysign(1.0F - std::bit_cast<float>(bits_of(e.p) + (bits_of(e.shifted) << 23U)), x);
}

/// The normal distribution at x: its density, and what of it lies below x. Of NaN they are any numbers from 0 to 1.
template <class T>
struct Normal {
  T below, density;
};
/// The density's relative error grows with x^2, as rounding x^2 alone would have it.
[[gnu::always_inline]] inline Normal<float> normal(float x) {
  const Exp2Parts e = exp2_of_negative<127 + 120>(bounded_size(x * x * 0.72134752F, 240.0F));  // log2(e) / 2
  const float density = e.p * std::bit_cast<float>(bits_of(e.shifted) << 23U) * (0.39894228F * 0x1p-120F);
  // What lies beyond b, in parts of the density there.
  const float beyond = polynomial(
      bounded_size(x, 4.6F), {1.2533141F, -0.9999964F, 0.6265971F, -0.33294395F, 0.1553584F, -0.0640699F, 0.022786194F,
                              -0.0066259895F, 0.0014646704F, -0.00022471923F, 2.092392e-05F, -8.7979043e-07F});
  return {0.5F + std::copysign(std::fma(-density, beyond, 0.5F), x), density};
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
[[gnu::always_inline]] inline double normal_erf(double x) { return std::erf(x * 0.70710678118654752440); }
[[gnu::always_inline]] inline Normal<double> normal(double x) {
  return {(1.0 + normal_erf(x)) * 0.5, std::exp(x * x * -0.5) * 0.39894228040143267794};
}
[[gnu::always_inline]] inline double log(double x) { return std::log(x); }
[[gnu::always_inline]] inline double log1p(double x) { return std::log1p(x); }

}  // namespace taper::kernels::math
