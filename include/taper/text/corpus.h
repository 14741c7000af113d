#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "taper/text/word_counts.h"

namespace taper::text {

struct CorpusOptions {
  bool lowercase = false;  ///< words in lower case, by Unicode's simple mapping; bytes that are not UTF-8 stay
  std::int64_t max_sentence = 1000;  ///< words; a longer line goes on as the next sentence, and no word is lost
  std::int64_t max_word = 1000;      ///< bytes; a longer word is an error
};

/// A text, read sentence by sentence and as often as wanted, from files that are never held in memory. A line is a
/// sentence; what ASCII white space parts is a word, and its bytes are taken as they are. The end of a file ends a
/// sentence, a byte order mark at its start is passed over.
class Corpus {
 public:
  /// The files, one after the other. IoError with the path and the system's words where one is missing or unreadable,
  /// is a folder, or is a pipe; FormatError where one is compressed; ValueError where there is none or all are empty,
  /// or where a limit is below 1.
  explicit Corpus(std::vector<std::string> files, CorpusOptions options = {});
  /// A text in memory. ValueError where it is empty.
  static Corpus from_text(std::string text, CorpusOptions options = {});

  Corpus(Corpus&& other) noexcept;
  Corpus& operator=(Corpus&& other) noexcept;
  ~Corpus();

  /// Reads the next sentence that has a word; false at the end. The views last until the next call. IoError where
  /// reading fails, FormatError `file:line` at a word longer than the limit.
  bool next(std::vector<std::string_view>& sentence);
  /// Back to the first sentence.
  void rewind();

  /// Bytes in all, and bytes read since the start.
  std::int64_t size_bytes() const { return size_; }
  std::int64_t bytes_read() const { return done_ + static_cast<std::int64_t>(at_); }
  /// For messages: the paths, or "the text".
  std::string name() const;

 private:
  Corpus() = default;
  void swap(Corpus& other) noexcept;
  bool open_next();
  bool refill();
  void end_word();
  bool give(std::vector<std::string_view>& sentence) const;
  [[noreturn]] void fail_long_word() const;

  CorpusOptions options_;
  std::vector<std::string> files_;  // none where the text is in memory, in buffer_
  std::int64_t size_ = 0;

  std::size_t next_file_ = 0;
  int file_ = -1;
  std::string buffer_;
  std::size_t at_ = 0, end_ = 0;  // what is left of the buffer
  std::int64_t done_ = 0;         // bytes read before the buffer's
  std::int64_t line_ = 1;

  std::string words_;  // the sentence's words, end to end
  std::vector<std::size_t> ends_;
};

/// Counts the words and goes back to the start. ValueError where there is none.
WordCounts count_words(Corpus& corpus);

}  // namespace taper::text
