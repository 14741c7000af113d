#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "taper/base/error.h"
#include "taper/text/word_vectors.h"
#include "text/line_reader.h"
#include "text/unicode.h"

namespace taper::text {
namespace {

constexpr std::int64_t unknown = -1;

/// A finite decimal number in float32's range; what is too small for it becomes 0.
bool parse_value(std::string_view text, float& value) {
  const char* first = text.data();
  const char* const last = first + text.size();
  if (text.size() > 1 && *first == '+' && first[1] != '-') ++first;
  const auto [end, error] = std::from_chars(first, last, value);
  if (end != last) return false;
  if (error == std::errc()) return std::isfinite(value);
  if (error != std::errc::result_out_of_range) return false;
  double wide = 0;  // from_chars leaves the value alone, whether it is too large or too small
  if (std::from_chars(first, last, wide).ec == std::errc()) {
    value = static_cast<float>(wide);
    return std::abs(wide) < 1;
  }
  value = 0;
  return text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
}

bool is_integer(std::string_view text) {
  if (text.size() > 1 && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

class Loader {
 public:
  Loader(const std::string& path, const LoadVectorsOptions& options, std::vector<std::string>* notes)
      : options_(options), notes_(notes), lines_("WordVectors.load", path) {
    if (options.dim < 0)
      throw ValueError(fmt::format("WordVectors.load: dim is {}; it must not be negative", options.dim));
    if (options.max_word < 1)
      throw ValueError(fmt::format("WordVectors.load: max_word is {}; it must be at least 1", options.max_word));
    if (options.max_bytes < 0)
      throw ValueError(fmt::format("WordVectors.load: max_bytes is {}; it must not be negative", options.max_bytes));
  }

  WordVectors load() {
    if (lines_.file_size() == 0) lines_.fail("empty file");
    set_line_limit(1 << 16);
    read_first_line();
    std::string_view line;
    while (lines_.next(line)) {
      fields(line, parts_);
      if (parts_.empty()) continue;
      if (count_ != unknown && rows_ == count_) {
        if (options_.strict) lines_.fail(fmt::format("more than the {} words that the first line names", count_));
        note(fmt::format("{}:{}: more than the {} words that the first line names", lines_.path(), lines_.number(),
                         count_));
        count_ = unknown;
      }
      read_word(line);
    }
    if (count_ != unknown && rows_ < count_) {
      const std::string message = fmt::format("word {} of {}: unexpected end", rows_ + 1, count_);
      if (options_.strict) lines_.fail(message);
      note(fmt::format("{}: {}", lines_.path(), message));
    }
    return finish();
  }

 private:
  /// Finds out what the file is.
  void read_first_line() {
    std::string_view line;
    do {
      if (!lines_.next(line)) lines_.fail("no word; white space alone");
      fields(line, parts_);
    } while (parts_.empty());
    if (parts_.size() == 2 && is_integer(parts_[0]) && is_integer(parts_[1])) {
      read_header(line);
      return;
    }
    if (parts_[0].size() > static_cast<std::size_t>(options_.max_word)) fail_long_word();
    dim_ = options_.dim > 0 ? options_.dim : static_cast<std::int64_t>(parts_.size()) - 1;
    if (dim_ < 1)
      lines_.fail(fmt::format("{} is neither a header 'COUNT DIM' nor a word and its numbers", quoted(line)));
    set_line_limit(dim_);
    read_word(line);
  }

  void read_header(std::string_view line) {
    if (line.find('-') != std::string_view::npos)
      lines_.fail(fmt::format("the header {} has a negative size", quoted(line)));
    const bool small = parse_count(parts_[0], count_) && parse_count(parts_[1], dim_);
    std::int64_t bytes = 0;
    if (!small || __builtin_mul_overflow(count_, dim_, &bytes) ||
        __builtin_mul_overflow(bytes, std::int64_t{4}, &bytes))
      lines_.fail(fmt::format("count x dim overflows in the header {}", quoted(line)));
    if (dim_ < 1) lines_.fail(fmt::format("the header {} names dimension 0", quoted(line)));
    if (options_.dim > 0 && options_.dim != dim_)
      lines_.fail(fmt::format("the header names dimension {}, dim = {} was asked for", dim_, options_.dim));
    check_budget(bytes);
    set_line_limit(dim_);
    // A line takes two bytes for each number and for the word, so a header cannot make us reserve more than the file
    // holds.
    const std::int64_t plausible = std::min(count_, lines_.file_size() / 2 / (dim_ + 1));
    values_.reserve(static_cast<std::size_t>(plausible * dim_));
  }

  void read_word(std::string_view line) {
    ++rows_;
    try {
      const auto width = static_cast<std::size_t>(dim_);
      if (parts_[0].size() > static_cast<std::size_t>(options_.max_word)) fail_long_word();
      float ignored = 0;
      if (parts_.size() <= width)
        lines_.fail(fmt::format("{} has {} numbers; {} expected", quoted(parts_[0]), parts_.size() - 1, dim_));
      const std::size_t first = parts_.size() - width;  // the first number
      if (first > 1 && options_.strict && parse_value(parts_[first - 1], ignored))
        lines_.fail(fmt::format("{} has more than the {} numbers expected", quoted(parts_[0]), dim_));
      const std::string_view word(parts_[0].data(),
                                  static_cast<std::size_t>(parts_[first - 1].end() - parts_[0].begin()));
      check_word(line, word);
      row_.resize(width);
      for (std::size_t i = 0; i < width; ++i) {
        const std::string_view part = parts_[first + i];
        if (!parse_value(part, row_[i]))
          lines_.fail(fmt::format("column {}: number {} of {}, {}, is not a finite decimal number in float32's range",
                                  part.data() - line.data() + 1, i + 1, quoted(word), quoted(part)));
      }
      if (first > 1) note(fmt::format("{}:{}: the word {} holds blanks", lines_.path(), lines_.number(), quoted(word)));
      keep(word);
    } catch (const FormatError& error) {
      if (options_.strict) throw;
      note(fmt::format("{}; line passed over", error.what()));
    }
  }

  void check_word(std::string_view line, std::string_view word) {
    if (word.size() > static_cast<std::size_t>(options_.max_word)) fail_long_word();
    if (!options_.reject_invalid_utf8) return;
    const std::size_t bad = find_invalid_utf8(word);
    if (bad != std::string_view::npos)
      lines_.fail(fmt::format("the word {} is not UTF-8 at byte {} of the file", quoted(word),
                              lines_.offset() + (word.data() - line.data()) + static_cast<std::int64_t>(bad)));
  }

  void keep(std::string_view word) {
    if (words_.find(word) >= 0) {
      note(fmt::format("{}:{}: the word {} a second time; the first counts", lines_.path(), lines_.number(),
                       quoted(word)));
      return;
    }
    if (count_ == unknown) check_budget((words_.size() + 1) * dim_ * 4);
    words_.add(word);
    values_.insert(values_.end(), row_.begin(), row_.end());
  }

  WordVectors finish() {
    if (more_notes_ > 0) notes_->push_back(fmt::format("{}: and {} more lines like these", lines_.path(), more_notes_));
    std::vector<std::string> words;
    words.reserve(static_cast<std::size_t>(words_.size()));
    for (std::int64_t id = 0; id < words_.size(); ++id) words.emplace_back(words_.word(id));
    return WordVectors(words, std::move(values_), dim_);
  }

  void set_line_limit(std::int64_t dim) {
    const std::int64_t numbers = std::min(dim, lines_.file_size()) * 64;
    lines_.set_limit(static_cast<std::size_t>(options_.max_word + numbers),
                     fmt::format("word longer than limit, which is {} bytes (or the line has far more than {} numbers)",
                                 options_.max_word, dim));
  }

  [[noreturn]] void fail_long_word() {
    lines_.fail(fmt::format("word longer than limit, which is {} bytes", options_.max_word));
  }

  void check_budget(std::int64_t bytes) const {
    if (options_.max_bytes > 0 && bytes > options_.max_bytes)
      throw ResourceError(fmt::format("{}: needs {} bytes, budget {} bytes", lines_.path(), bytes, options_.max_bytes));
  }

  void note(std::string message) {
    if (notes_ == nullptr) return;
    if (notes_->size() < 100) {
      notes_->push_back(std::move(message));
    } else {
      ++more_notes_;
    }
  }

  const LoadVectorsOptions& options_;
  std::vector<std::string>* notes_;
  std::int64_t more_notes_ = 0;
  LineReader lines_;
  std::vector<std::string_view> parts_;
  std::int64_t count_ = unknown, dim_ = 0, rows_ = 0;
  std::vector<float> row_, values_;
  WordIndex words_;
};

}  // namespace

WordVectors WordVectors::load(const std::string& path, const LoadVectorsOptions& options,
                              std::vector<std::string>* notes) {
  if (notes != nullptr) notes->clear();
  return Loader(path, options, notes).load();
}

}  // namespace taper::text
