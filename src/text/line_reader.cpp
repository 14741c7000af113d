#include "text/line_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/input_file.h"
#include "taper/base/error.h"
#include "text/unicode.h"

namespace taper::text {
LineReader::LineReader(std::string op, std::string path) : op_(std::move(op)), path_(std::move(path)) {
  set_limit(std::size_t{1} << 20, "line longer than 1 MiB; is this a text file?");
  const InputFile file = open_input(op_, path_);
  file_ = file.descriptor;
  file_size_ = file.size;
  try {
    refill();
    refuse_compressed(path_, {buffer_.data(), end_});
  } catch (...) {
    close_input(file_);
    throw;
  }
  if (std::string_view(buffer_.data(), end_).starts_with(byte_order_mark)) at_ = byte_order_mark.size();
  next_offset_ = static_cast<std::int64_t>(at_);
}

LineReader::~LineReader() { close_input(file_); }

void LineReader::set_limit(std::size_t bytes, std::string what) {
  limit_ = bytes;
  limit_message_ = std::move(what);
}

bool LineReader::refill() {
  buffer_.resize(std::min(input_buffer_size, static_cast<std::size_t>(file_size_) + 1));
  at_ = 0;
  end_ = 0;
  end_ = read_input(op_, path_, file_, buffer_.data(), buffer_.size());
  return end_ > 0;
}

bool LineReader::next(std::string_view& line) {
  carried_.clear();
  offset_ = next_offset_;
  for (;;) {
    const std::string_view rest(buffer_.data() + at_, end_ - at_);
    const std::size_t length = rest.find('\n');
    const std::string_view part = rest.substr(0, length);
    if (carried_.size() + part.size() > limit_) {
      ++number_;
      fail(limit_message_);
    }
    next_offset_ += static_cast<std::int64_t>(part.size());
    at_ += part.size();
    const bool ends = length != std::string_view::npos;
    if (ends && carried_.empty()) {
      line = part;
    } else {
      carried_ += part;
      line = carried_;
    }
    if (ends) {
      ++at_;
      ++next_offset_;
      break;
    }
    if (refill()) continue;
    if (carried_.empty()) return false;
    break;
  }
  ++number_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

void LineReader::fail(std::string_view message) const {
  throw FormatError(fmt::format("{}:{}: {}", path_, std::max<std::int64_t>(number_, 1), message));
}

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> parts;
  fields(line, parts);
  return parts;
}

void fields(std::string_view line, std::vector<std::string_view>& parts) {
  parts.clear();
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    parts.push_back(line.substr(at, end - at));
    at = end;
  }
}

bool parse_count(std::string_view digits, std::int64_t& value) {
  if (digits.empty() || digits[0] == '-') return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size();
}

std::string unknown_word_message(std::string_view op, const WordIndex& words, std::string_view word) {
  std::string message = fmt::format("{}: no word {} among {}", op, quoted(word), words.size());
  const std::vector<std::string> near = words.nearest_spellings(word);
  for (std::size_t i = 0; i < near.size(); ++i)
    message += fmt::format("{}{}", i == 0 ? "; nearest spellings: " : ", ", quoted(near[i]));
  return message;
}

}  // namespace taper::text
