// The arithmetic of random fills that is worth vectorising: from the generator's words to uniform and normal numbers.
#pragma once

#include <cstdint>

namespace taper::kernels {

/// out[i] = fma(x, width, from), x being the low 24 bits of words[i] as a fraction.
void uniform_from_words(const std::uint32_t* words, float* out, std::int64_t n, float from, float width);
/// The same for the low 53 bits of words[2i] * 2^32 + words[2i + 1].
void uniform_from_words(const std::uint32_t* words, double* out, std::int64_t n, double from, double width);

/// Turns `blocks` blocks of 16 uniform numbers into normal ones in place; in each, places j and j + 8 make a pair.
void normal_from_uniform(float* data, std::int64_t blocks, float mean, float std);
void normal_from_uniform(double* data, std::int64_t blocks, double mean, double std);

}  // namespace taper::kernels
