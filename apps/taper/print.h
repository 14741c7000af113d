#pragma once

#include <taper/text/word_vectors.h>

#include <cstdio>
#include <span>

namespace taper_program {

/// A line `  0.9812  word` for each. The number stands first, so that words of any script leave the columns in place.
inline void print(std::span<const taper::text::Neighbor> neighbors) {
  for (const auto& [word, similarity] : neighbors) std::printf("%8.4f  %s\n", similarity, word.c_str());
}

}  // namespace taper_program
