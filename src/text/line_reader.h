#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "taper/text/word_index.h"

namespace taper::text {

/// The lines of a text file, one by one, whatever its size: parted at 0x0A alone, without a carriage return at their
/// end and without a byte order mark. No final newline is needed.
class LineReader {
 public:
  /// IoError where the file cannot be opened (see open_input), FormatError where it is compressed.
  LineReader(std::string op, std::string path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line; false at the end. The view lasts until the next call.
  bool next(std::string_view& line);
  /// FormatError where a line grows past this many bytes.
  void set_limit(std::size_t bytes, std::string what);
  /// Of the line last given, from 1; and where it begins, in bytes.
  std::int64_t number() const { return number_; }
  std::int64_t offset() const { return offset_; }
  std::int64_t file_size() const { return file_size_; }
  const std::string& path() const { return path_; }

  /// Throws a FormatError `path:line: message`.
  [[noreturn]] void fail(std::string_view message) const;

 private:
  bool refill();

  std::string op_, path_;
  int file_ = -1;
  std::int64_t file_size_ = 0, number_ = 0, offset_ = 0, next_offset_ = 0;
  std::string buffer_;
  std::size_t at_ = 0, end_ = 0;
  std::string carried_;  // a line that the buffer's end has cut
  std::size_t limit_;
  std::string limit_message_;
};

/// The parts between blanks and tabs; the second form uses `parts` again.
std::vector<std::string_view> fields(std::string_view line);
void fields(std::string_view line, std::vector<std::string_view>& parts);

/// A decimal number of digits alone that fits in 63 bits.
bool parse_count(std::string_view digits, std::int64_t& value);

/// `op: no word 'kng' among 557; nearest spellings: 'king', 'kings'`.
std::string unknown_word_message(std::string_view op, const WordIndex& words, std::string_view word);

}  // namespace taper::text
