#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taper::text {

/// Different words, numbered from 0 in the order in which they were added. A word is any string of bytes.
class WordIndex {
 public:
  /// The word's number; a new word is added at the end.
  std::int64_t add(std::string_view word);
  /// The word's number, or -1.
  std::int64_t find(std::string_view word) const;
  /// The word with this number. The view lasts until a word is added. IndexError outside [0, size()).
  std::string_view word(std::int64_t id) const;
  std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }

  /// Up to `count` words spelt most like `word`, the most alike first, then the lowest numbers. What counts is how many
  /// code points to insert, delete, replace or swap with a neighbour, upper and lower case being one; a word that has
  /// nothing in common is not named.
  std::vector<std::string> nearest_spellings(std::string_view word, int count = 3) const;

 private:
  std::string_view at(std::size_t id) const;
  std::size_t slot_of(std::string_view word, std::uint64_t hash) const;
  void grow();

  std::vector<char> bytes_;          // all words, end to end
  std::vector<std::uint64_t> ends_;  // where each ends in bytes_
  std::vector<std::int64_t> slots_;  // open addressing, a power of two, -1 where free
};

}  // namespace taper::text
