#include "taper/text/word_counts.h"

#include <fmt/format.h>

#include "taper/base/error.h"
#include "text/unicode.h"

namespace taper::text {

void WordCounts::add(std::string_view word, std::int64_t times) {
  if (times < 0) throw ValueError(fmt::format("WordCounts: {} times {}; a count is not negative", times, quoted(word)));
  const auto id = static_cast<std::size_t>(words.add(word));
  if (id >= counts.size()) counts.resize(id + 1);
  counts[id] += times;
  total += times;
}

}  // namespace taper::text
