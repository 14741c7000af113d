#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "io/npy.h"

namespace taper::io {
namespace {

/// Reads the one Python dictionary that a header is, and nothing else that Python can write.
class HeaderParser {
 public:
  HeaderParser(const Place& place, std::uint64_t offset, std::string_view text)
      : place_(place), offset_(offset), text_(text) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      read_entry();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ < text_.size()) fail("text after the dictionary");
    if (!type_) missing("descr");
    if (!column_major_) missing("fortran_order");
    if (!shape_) missing("shape");
    return {*type_, *column_major_, *shape_};
  }

 private:
  void read_entry() {
    const std::string_view key = read_string();
    expect(':');
    if (key == "descr") {
      refuse_second(type_.has_value(), key);
      type_ = read_descr();
    } else if (key == "fortran_order") {
      refuse_second(column_major_.has_value(), key);
      column_major_ = read_bool();
    } else if (key == "shape") {
      refuse_second(shape_.has_value(), key);
      shape_ = read_shape();
    } else {
      fail(fmt::format("header key '{}' is unknown; descr, fortran_order and shape are the keys", key));
    }
  }

  void refuse_second(bool there, std::string_view key) const {
    if (there) fail(fmt::format("header key '{}' is repeated", key));
  }
  [[noreturn]] void missing(std::string_view key) const {
    place_.fail(offset_, fmt::format("header key '{}' is missing", key));
  }

  ElementType read_descr() {
    skip_blanks();
    if (peek() == '[') unsupported("record arrays are refused");
    const std::string_view descr = read_string();
    if (descr.find('O') != std::string_view::npos) unsupported("object arrays are refused");
    const auto type = numpy_type(descr);
    if (!type) unsupported(descr);
    return *type;
  }

  [[noreturn]] void unsupported(std::string_view what) const {
    constexpr std::string_view supported = "supported: b1, i1, i2, i4, i8, u1, u2, u4, f2, f4, f8";
    if (what.find(' ') != std::string_view::npos)
      place_.fail<TypeError>(offset_, fmt::format("{}; {}", what, supported));
    place_.fail<TypeError>(offset_, fmt::format("dtype '{}' unsupported; {}", what, supported));
  }

  bool read_bool() {
    skip_blanks();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    fail("True or False expected");
  }

  Shape read_shape() {
    Shape shape;
    expect('(');
    bool comma = true;
    while (!accept(')')) {
      if (!comma) fail("',' or ')' expected");
      if (shape.size() == Shape::max_dims) fail(fmt::format("more than {} dimensions", Shape::max_dims));
      shape.push_back(read_dimension());
      comma = accept(',');
    }
    if (shape.size() == 1 && !comma) fail("shape is no tuple; a single dimension is written (n,)");
    return shape;
  }

  std::int64_t read_dimension() {
    skip_blanks();
    const std::string_view rest = text_.substr(at_);
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error == std::errc::result_out_of_range) fail("dimension out of range; at most 2^63 - 1");
    if (error != std::errc()) fail("dimension expected");
    if (value < 0) fail(fmt::format("dimension {} is negative", value));
    at_ += static_cast<std::size_t>(stop - rest.data());
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2
    return value;
  }

  std::string_view read_string() {
    skip_blanks();
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("string expected");
    const std::size_t begin = at_ + 1;
    const std::size_t end = text_.find(quote, begin);
    if (end == std::string_view::npos) fail("string does not end");
    const std::string_view text = text_.substr(begin, end - begin);
    if (text.find('\\') != std::string_view::npos) fail("escape in a string");
    at_ = end + 1;
    return text;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
  }
  bool accept(char c) {
    skip_blanks();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("'{}' expected", c));
  }
  [[noreturn]] void fail(std::string_view what) const {
    place_.fail(offset_ + at_, fmt::format("header, column {}: {}", at_ + 1, what));
  }

  const Place& place_;
  std::uint64_t offset_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<ElementType> type_;
  std::optional<bool> column_major_;
  std::optional<Shape> shape_;
};

}  // namespace

NpyHeader parse_npy_header(const Place& place, std::uint64_t offset, const std::string& text) {
  return HeaderParser(place, offset, text).parse();
}

}  // namespace taper::io
