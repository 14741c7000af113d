#include "taper/text/corpus.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/input_file.h"
#include "taper/base/error.h"
#include "text/unicode.h"

namespace taper::text {
namespace {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void check(const CorpusOptions& options) {
  if (options.max_sentence < 1)
    throw ValueError(fmt::format("corpus: max_sentence is {}; it must be at least 1 word", options.max_sentence));
  if (options.max_word < 1)
    throw ValueError(fmt::format("corpus: max_word is {}; it must be at least 1 byte", options.max_word));
}

}  // namespace

Corpus::Corpus(std::vector<std::string> files, CorpusOptions options) : options_(options), files_(std::move(files)) {
  check(options_);
  if (files_.empty()) throw ValueError("corpus: no file is named");
  for (const std::string& path : files_) {
    InputFile file = open_input("corpus", path);
    close_input(file.descriptor);
    size_ += file.size;
  }
  if (size_ == 0) throw ValueError(fmt::format("corpus: {} is empty; there is nothing to read", name()));
}

Corpus Corpus::from_text(std::string text, CorpusOptions options) {
  check(options);
  if (text.empty()) throw ValueError("corpus: the text is empty; there is nothing to read");
  Corpus corpus;
  corpus.options_ = options;
  corpus.buffer_ = std::move(text);
  corpus.size_ = static_cast<std::int64_t>(corpus.buffer_.size());
  corpus.rewind();
  return corpus;
}

Corpus::Corpus(Corpus&& other) noexcept { swap(other); }

Corpus& Corpus::operator=(Corpus&& other) noexcept {
  swap(other);
  return *this;
}

Corpus::~Corpus() { close_input(file_); }

void Corpus::swap(Corpus& other) noexcept {
  std::swap(options_, other.options_);
  files_.swap(other.files_);
  std::swap(size_, other.size_);
  std::swap(next_file_, other.next_file_);
  std::swap(file_, other.file_);
  buffer_.swap(other.buffer_);
  std::swap(at_, other.at_);
  std::swap(end_, other.end_);
  std::swap(done_, other.done_);
  std::swap(line_, other.line_);
  words_.swap(other.words_);
  ends_.swap(other.ends_);
}

std::string Corpus::name() const {
  return files_.empty() ? "the text" : fmt::format("'{}'", fmt::join(files_, "', '"));
}

void Corpus::rewind() {
  close_input(file_);
  next_file_ = 0;
  done_ = 0;
  line_ = 1;
  end_ = files_.empty() ? buffer_.size() : 0;
  at_ = files_.empty() && buffer_.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
}

/// Goes on to the next file and reads its first bytes; false where there is none.
bool Corpus::open_next() {
  close_input(file_);
  if (next_file_ == files_.size()) return false;
  const std::string& path = files_[next_file_];
  file_ = open_input("corpus", path).descriptor;
  ++next_file_;
  line_ = 1;
  refill();
  const std::string_view start(buffer_.data(), end_);
  refuse_compressed(path, start);
  if (start.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
  return true;
}

/// More of the file that is open; false at its end.
bool Corpus::refill() {
  if (file_ < 0) return false;
  buffer_.resize(std::min(input_buffer_size, static_cast<std::size_t>(size_) + 1));
  done_ += static_cast<std::int64_t>(at_);
  at_ = 0;
  end_ = 0;
  end_ = read_input("corpus", files_[next_file_ - 1], file_, buffer_.data(), buffer_.size());
  return end_ > 0;
}

bool Corpus::next(std::vector<std::string_view>& sentence) {
  sentence.clear();
  words_.clear();
  ends_.clear();
  for (;;) {
    if (at_ == end_) {
      if (refill()) continue;
      end_word();
      if (!ends_.empty()) return give(sentence);
      if (!open_next()) return false;
      continue;
    }
    const char* const from = buffer_.data() + at_;
    const char* const space = std::find_if(from, std::as_const(buffer_).data() + end_, is_space);
    const auto length = static_cast<std::size_t>(space - from);
    const std::size_t begun = words_.size() - (ends_.empty() ? 0 : ends_.back());
    if (begun + length > static_cast<std::size_t>(options_.max_word)) fail_long_word();
    words_.append(from, length);
    at_ += length;
    if (at_ == end_) continue;
    const bool line_ends = buffer_[at_++] == '\n';
    end_word();
    if (line_ends) ++line_;
    const bool full = ends_.size() == static_cast<std::size_t>(options_.max_sentence);
    if (full || (line_ends && !ends_.empty())) return give(sentence);
  }
}

void Corpus::end_word() {
  const std::size_t begin = ends_.empty() ? 0 : ends_.back();
  if (words_.size() == begin) return;
  if (options_.lowercase) {
    const std::string word = words_.substr(begin);
    words_.resize(begin);
    append_lower(words_, word);
  }
  ends_.push_back(words_.size());
}

bool Corpus::give(std::vector<std::string_view>& sentence) const {
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    sentence.emplace_back(words_.data() + begin, end - begin);
    begin = end;
  }
  return true;
}

void Corpus::fail_long_word() const {
  throw FormatError(fmt::format("{}:{}: word longer than the limit of {} bytes; is this a text?",
                                files_.empty() ? "text" : files_[next_file_ - 1], line_, options_.max_word));
}

WordCounts count_words(Corpus& corpus) {
  WordCounts counts;
  std::vector<std::string_view> sentence;
  corpus.rewind();
  while (corpus.next(sentence))
    for (const std::string_view word : sentence) counts.add(word);
  corpus.rewind();
  if (counts.total == 0) throw ValueError(fmt::format("corpus: {} holds no word, white space alone", corpus.name()));
  return counts;
}

}  // namespace taper::text
