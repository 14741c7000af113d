#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "taper/text/word_counts.h"
#include "taper/text/word_index.h"

namespace taper::text {

struct VocabOptions {
  /// Words at the ids 0, 1, ..., whether they occur or not; "<unk>" stands for all that are left out.
  std::vector<std::string> specials = {};
  std::int64_t min_count = 1;  ///< words that occur less often are left out
  std::int64_t max_size = 0;   ///< at most so many words, specials included; 0 is no limit
};

/// The words that a model knows, numbered: the specials first, then the most frequent word first, and words of equal
/// count in the order of their first appearance.
class Vocab {
 public:
  Vocab() = default;
  /// ValueError where nothing was counted; where min_count leaves no word (the message says how many words lower
  /// thresholds would keep); where a special is empty, holds white space or is named twice; where a limit makes no
  /// sense.
  explicit Vocab(const WordCounts& counts, const VocabOptions& options = {});

  std::int64_t size() const { return words_.size(); }
  /// The word's number; an unknown word has that of "<unk>" where this is a special, and is an IndexError that names
  /// the nearest spellings otherwise.
  std::int64_t id(std::string_view word) const;
  /// The word's number, or -1; "<unk>" stands for no other word here.
  std::int64_t find(std::string_view word) const { return words_.find(word); }
  bool contains(std::string_view word) const { return find(word) >= 0; }
  /// The word with this number. IndexError outside [0, size()).
  std::string_view word(std::int64_t id) const { return words_.word(id); }
  /// How often it was counted. What the left-out words count is the count of "<unk>" where that is a special.
  std::int64_t count(std::int64_t id) const;
  std::span<const std::int64_t> counts() const { return counts_; }
  /// The sum of all counts.
  std::int64_t total() const { return total_; }
  /// How many of the first ids are specials.
  std::int64_t specials() const { return specials_; }

  /// id() of each word.
  std::vector<std::int64_t> encode(std::span<const std::string_view> words) const;
  std::vector<std::int64_t> encode(std::span<const std::string> words) const;
  std::vector<std::int64_t> encode(std::initializer_list<std::string_view> words) const;
  /// id() of each word of a text, parted at ASCII white space.
  std::vector<std::int64_t> encode(std::string_view text) const;
  /// The words with these numbers.
  std::vector<std::string> decode(std::span<const std::int64_t> ids) const;

  /// Writes a text file, whole or not at all: the line `taper-vocab SIZE SPECIALS`, then a line `word count` for each
  /// id. ValueError for a word that is empty or holds white space, IoError where writing fails.
  void save(const std::string& path) const;
  /// Reads what save() wrote. FormatError `file:line` where the file is something else, IoError where it cannot be
  /// read.
  static Vocab load(const std::string& path);

 private:
  void add(std::string_view word, std::int64_t count);

  WordIndex words_;
  std::vector<std::int64_t> counts_;
  std::int64_t total_ = 0;
  std::int64_t specials_ = 0;
  std::int64_t unknown_ = -1;  // the id of "<unk>" where it is a special
};

}  // namespace taper::text
