#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "taper/text/word_index.h"

namespace taper::text {

/// How often each word occurs, words numbered in the order of their first appearance.
struct WordCounts {
  WordIndex words;
  std::vector<std::int64_t> counts;  // one per word
  std::int64_t total = 0;            // their sum

  /// `times` more of `word`. ValueError where `times` is negative.
  void add(std::string_view word, std::int64_t times = 1);
};

}  // namespace taper::text
