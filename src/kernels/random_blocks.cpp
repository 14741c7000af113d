#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/random_blocks.cpp"
#endif
#include "kernels/random_blocks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void uniform_float(const std::uint32_t* words, float* out, std::int64_t n, float from, float width) {
  for (std::int64_t i = 0; i < n; ++i) {
    const float x = static_cast<float>(static_cast<std::int32_t>(words[i] & 0xffffffU)) * 0x1p-24F;
    out[i] = std::fma(x, width, from);
  }
}

void uniform_double(const std::uint32_t* words, double* out, std::int64_t n, double from, double width) {
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint64_t bits = std::uint64_t{words[2 * i] & 0x1fffffU} << 32 | words[2 * i + 1];
    out[i] = std::fma(static_cast<double>(static_cast<std::int64_t>(bits)) * 0x1p-53, width, from);
  }
}

// Polynomials after Cephes' logf, sinf and cosf. What is fused and what is rounded in between decides the last bits, so
// the order of operations is part of the contract.
HWY_INLINE float log_of_fraction(float x) {
  x = x < 0x1p-126F ? 0x1p-126F : x;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  float m = std::bit_cast<float>((bits & 0x007fffffU) | 0x3f000000U);
  float e = static_cast<float>(static_cast<std::int32_t>(bits >> 23) - 127) + 1.0F;
  const std::uint32_t small = m < 0.707106781186547524F ? ~0U : 0U;  // a mask: the compiler vectorises no branch here
  e -= std::bit_cast<float>(small & std::bit_cast<std::uint32_t>(1.0F));
  m = (m - 1.0F) + std::bit_cast<float>(small & std::bit_cast<std::uint32_t>(m));
  const float z = m * m;
  float y = std::fma(7.0376836292E-2F, m, -1.1514610310E-1F);
  y = std::fma(y, m, 1.1676998740E-1F);
  y = std::fma(y, m, -1.2420140846E-1F);
  y = std::fma(y, m, 1.4249322787E-1F);
  y = std::fma(y, m, -1.6668057665E-1F);
  y = std::fma(y, m, 2.0000714765E-1F);
  y = std::fma(y, m, -2.4999993993E-1F);
  y = std::fma(y, m, 3.3333331174E-1F);
  y *= m;
  y = std::fma(y, z, e * -2.12194440e-4F);
  y = std::fma(-z, 0.5F, y);
  return std::fma(e, 0.693359375F, m + y);
}

HWY_INLINE void sincos_of_angle(float t, float& sine, float& cosine) {
  const std::int32_t j = (static_cast<std::int32_t>(t * 1.27323954473516F) + 1) & ~1;
  const float turn = static_cast<float>(j);
  t = std::fma(turn, -0.78515625F, t);
  t = std::fma(turn, -2.4187564849853515625e-4F, t);
  t = std::fma(turn, -3.77489497744594108e-8F, t);
  const float z = t * t;
  float c = std::fma(2.443315711809948e-5F, z, -1.388731625493765e-3F);
  c = std::fma(c, z, 4.166664568298827e-2F);
  c *= z;
  c = std::fma(c, z, -(z * 0.5F));
  c += 1.0F;
  float s = std::fma(-1.9515295891e-4F, z, 8.3321608736e-3F);
  s = std::fma(s, z, -1.6666654611e-1F);
  s *= z;
  s = std::fma(s, t, t);
  const bool swapped = (j & 2) != 0;
  const std::uint32_t sine_bits = std::bit_cast<std::uint32_t>(swapped ? c : s);
  const std::uint32_t cosine_bits = std::bit_cast<std::uint32_t>(swapped ? s : c);
  const auto octant = static_cast<std::uint32_t>(j);
  sine = std::bit_cast<float>(sine_bits ^ (octant & 4U) << 29);
  cosine = std::bit_cast<float>(cosine_bits ^ (~(octant - 2U) & 4U) << 29);
}

// At most 64 blocks: loops over one plain array each are what the compiler vectorises at any width.
void normal_blocks(float* data, std::int64_t blocks, float mean, float std) {
  constexpr std::int64_t most = 512;
  HWY_ALIGN float radius[most] = {};
  HWY_ALIGN float angle[most];
  HWY_ALIGN float sine[most];
  HWY_ALIGN float cosine[most];
  const std::int64_t n = 8 * blocks;
  for (std::int64_t b = 0; b < blocks; ++b)
    for (int j = 0; j < 8; ++j) {
      radius[8 * b + j] = 1.0F - data[16 * b + j];
      angle[8 * b + j] = 6.283185307179586F * data[16 * b + 8 + j];
    }
  for (std::int64_t i = 0; i < n; ++i) radius[i] = -2.0F * log_of_fraction(radius[i]);
  const hn::ScalableTag<float> d;
  for (std::int64_t i = 0; i < n; i += static_cast<std::int64_t>(hn::Lanes(d)))
    hn::Store(hn::Sqrt(hn::Load(d, radius + i)), d, radius + i);
  for (std::int64_t i = 0; i < n; ++i) sincos_of_angle(angle[i], sine[i], cosine[i]);
  for (std::int64_t b = 0; b < blocks; ++b)
    for (int j = 0; j < 8; ++j) {
      data[16 * b + j] = std::fma(radius[8 * b + j] * cosine[8 * b + j], std, mean);
      data[16 * b + 8 + j] = std::fma(radius[8 * b + j] * sine[8 * b + j], std, mean);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {

HWY_EXPORT(uniform_float);
HWY_EXPORT(uniform_double);
HWY_EXPORT(normal_blocks);

void uniform_from_words(const std::uint32_t* words, float* out, std::int64_t n, float from, float width) {
  HWY_DYNAMIC_DISPATCH(uniform_float)(words, out, n, from, width);
}

void uniform_from_words(const std::uint32_t* words, double* out, std::int64_t n, double from, double width) {
  HWY_DYNAMIC_DISPATCH(uniform_double)(words, out, n, from, width);
}

void normal_from_uniform(float* data, std::int64_t blocks, float mean, float std) {
  const auto transform = HWY_DYNAMIC_DISPATCH(normal_blocks);
  for (std::int64_t b = 0; b < blocks; b += 64)
    transform(data + 16 * b, std::min<std::int64_t>(64, blocks - b), mean, std);
}

void normal_from_uniform(double* data, std::int64_t blocks, double mean, double std) {
  for (double* block = data; block < data + 16 * blocks; block += 16)
    for (int j = 0; j < 8; ++j) {
      const double radius = std::sqrt(-2.0 * std::log(1.0 - block[j]));
      const double angle = 2.0 * std::numbers::pi * block[j + 8];
      block[j] = std::fma(radius * std::cos(angle), std, mean);
      block[j + 8] = std::fma(radius * std::sin(angle), std, mean);
    }
}

}  // namespace taper::kernels
#endif
