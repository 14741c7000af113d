#include "taper/text/word_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "taper/base/error.h"
#include "text/unicode.h"

namespace taper::text {
namespace {

std::uint64_t hash_of(std::string_view word) {  // FNV-1a, then mixed so that the low bits serve as a slot
  std::uint64_t h = 14695981039346656037U;
  for (char c : word) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  h ^= h >> 32;
  h *= 0x9e3779b97f4a7c15U;
  return h ^ h >> 29;
}

std::vector<std::uint32_t> folded(std::string_view word) {
  std::vector<std::uint32_t> points = code_points(word);
  for (std::uint32_t& point : points) point = lower(point);
  return points;
}

/// Three rows of the table of edit distances, kept between calls.
class EditDistance {
 public:
  std::size_t operator()(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
    before_.assign(b.size() + 1, 0);
    row_.resize(b.size() + 1);
    next_.resize(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row_[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      next_[0] = i;
      for (std::size_t j = 1; j <= b.size(); ++j) {
        next_[j] = std::min({row_[j] + 1, next_[j - 1] + 1, row_[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U)});
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          next_[j] = std::min(next_[j], before_[j - 2] + 1);
      }
      before_.swap(row_);
      row_.swap(next_);
    }
    return row_[b.size()];
  }

 private:
  std::vector<std::size_t> before_, row_, next_;
};

}  // namespace

std::string_view WordIndex::at(std::size_t id) const {
  const std::uint64_t begin = id == 0 ? 0 : ends_[id - 1];
  return {bytes_.data() + begin, static_cast<std::size_t>(ends_[id] - begin)};
}

std::string_view WordIndex::word(std::int64_t id) const {
  if (id < 0 || id >= size()) throw IndexError(fmt::format("word: number {} is outside [0, {})", id, size()));
  return at(static_cast<std::size_t>(id));
}

std::size_t WordIndex::slot_of(std::string_view word, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] >= 0 && at(static_cast<std::size_t>(slots_[slot])) != word) slot = (slot + 1) & mask;
  return slot;
}

std::int64_t WordIndex::find(std::string_view word) const {
  return slots_.empty() ? -1 : slots_[slot_of(word, hash_of(word))];
}

std::int64_t WordIndex::add(std::string_view word) {
  if ((ends_.size() + 1) * 2 > slots_.size()) grow();
  const std::size_t slot = slot_of(word, hash_of(word));
  if (slots_[slot] >= 0) return slots_[slot];
  if (ends_.size() == ends_.capacity()) ends_.reserve(2 * ends_.size() + 16);
  bytes_.insert(bytes_.end(), word.begin(), word.end());
  ends_.push_back(bytes_.size());
  return slots_[slot] = size() - 1;
}

void WordIndex::grow() {
  std::vector<std::int64_t> slots(std::max<std::size_t>(64, slots_.size() * 2), -1);
  const std::size_t mask = slots.size() - 1;
  for (std::size_t id = 0; id < ends_.size(); ++id) {
    std::size_t slot = hash_of(at(id)) & mask;
    while (slots[slot] >= 0) slot = (slot + 1) & mask;
    slots[slot] = static_cast<std::int64_t>(id);
  }
  slots_.swap(slots);
}

std::vector<std::string> WordIndex::nearest_spellings(std::string_view word, int count) const {
  struct Found {
    std::size_t distance, id;
  };
  std::vector<Found> best;  // sorted; never more than count
  const auto room = static_cast<std::size_t>(std::max(count, 0));
  const std::vector<std::uint32_t> wanted = folded(word);
  EditDistance distance;
  for (std::size_t id = 0; id < ends_.size() && room > 0; ++id) {
    const std::string_view candidate = at(id);
    const std::vector<std::uint32_t> points = folded(candidate);
    const std::size_t longer = std::max(points.size(), wanted.size());
    const std::size_t apart = longer - std::min(points.size(), wanted.size());
    const std::size_t limit = best.size() < room ? longer : std::min(longer, best.back().distance);
    if (apart >= limit) continue;
    const std::size_t d = distance(wanted, points);
    if (d >= limit) continue;
    if (best.size() == room) best.pop_back();
    const auto after = std::find_if(best.begin(), best.end(), [d](const Found& found) { return found.distance > d; });
    best.insert(after, {d, id});
  }
  std::vector<std::string> words;
  words.reserve(best.size());
  for (const Found& found : best) words.emplace_back(at(found.id));
  return words;
}

}  // namespace taper::text
