#include "io/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

namespace taper::io {
namespace {

/// Takes the parser's events one by one, so that nothing of the header is kept but the entries, and nothing that the
/// usual reader would silently mend gets through.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(const Place& place, std::uint64_t offset) : place_(place), offset_(offset) {}

  std::vector<SafetensorsEntry> take() { return std::move(entries_); }

  bool start_object(std::size_t) override {
    if (++depth_ > max_depth) fail("nested too deeply");
    if (depth_ == 1) return true;
    if (depth_ == 2) {
      in_metadata_ = name_ == "__metadata__";
      fields_.clear();
      if (!in_metadata_) entries_.push_back({name_, "", {}, 0, 0});
      seen_ = 0;
      return true;
    }
    unexpected("an object");
    return true;
  }

  bool end_object() override {
    if (--depth_ == 1 && !in_metadata_) finish_entry();
    return true;
  }

  bool key(string_t& key) override {
    if (depth_ == 1) {
      if (!names_.insert(key).second) fail(fmt::format("duplicate key '{}'", key));
      name_ = key;
    } else if (depth_ == 2) {
      if (!fields_.insert(key).second) fail(fmt::format("tensor '{}': duplicate key '{}'", name_, key));
      field_ = in_metadata_ ? Field::metadata : field_named(key);
      numbers_ = 0;
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ < 2) unexpected("an array");
    if (++depth_ > max_depth) fail("nested too deeply");
    if (depth_ != 3 || (field_ != Field::shape && field_ != Field::data_offsets)) unexpected("an array");
    mark(field_);
    return true;
  }

  bool end_array() override {
    if (--depth_ == 2 && field_ == Field::data_offsets && numbers_ != 2)
      fail(fmt::format("tensor '{}': data_offsets has {} entries; 2 are needed", name_, numbers_));
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (!wants_number()) {
      unexpected("a number");
      return true;
    }
    SafetensorsEntry& entry = entries_.back();
    if (value > static_cast<std::uint64_t>(INT64_MAX))
      fail(fmt::format("tensor '{}': {} is out of range", name_, value));
    ++numbers_;
    if (field_ == Field::shape) {
      if (numbers_ > Shape::max_dims) fail(fmt::format("tensor '{}': more than {} dimensions", name_, Shape::max_dims));
      entry.shape.push_back(static_cast<std::int64_t>(value));
    } else if (numbers_ <= 2) {
      (numbers_ == 1 ? entry.begin : entry.end) = value;
    }
    return true;
  }
  bool number_integer(number_integer_t value) override {
    if (wants_number()) fail(fmt::format("tensor '{}': {} is negative", name_, value));
    unexpected("a number");
    return true;
  }
  bool number_float(number_float_t, const string_t& text) override {
    if (wants_number()) fail(fmt::format("tensor '{}': {} is no whole number below 2^63", name_, text));
    unexpected("a number");
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 2 && field_ == Field::dtype) {
      entries_.back().dtype = value;
      mark(field_);
    } else if (depth_ != 2 || field_ != Field::metadata) {
      unexpected("a string");
    }
    return true;
  }
  bool null() override {
    unexpected("null");
    return true;
  }
  bool boolean(bool) override {
    unexpected("a bool");
    return true;
  }
  bool binary(binary_t&) override { return false; }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ...": the file's offset stands
    // before it.
    const std::string_view text = error.what();
    const std::size_t colon = text.find(": ");
    const std::uint64_t read = position > 0 ? position - 1 : 0;
    place_.fail(offset_ + read,
                fmt::format("header is no JSON: {}", colon == std::string_view::npos ? text : text.substr(colon + 2)));
  }

 private:
  enum class Field : unsigned { dtype = 1, shape = 2, data_offsets = 4, metadata = 8, other = 16 };
  static constexpr int max_depth = 8;

  static Field field_named(const std::string& key) {
    if (key == "dtype") return Field::dtype;
    if (key == "shape") return Field::shape;
    if (key == "data_offsets") return Field::data_offsets;
    return Field::other;
  }

  bool wants_number() const { return depth_ == 3 && (field_ == Field::shape || field_ == Field::data_offsets); }
  void mark(Field field) { seen_ |= static_cast<unsigned>(field); }

  /// Other fields of an entry may hold anything: the format lets writers add some.
  void unexpected(std::string_view what) const {
    if (depth_ >= 2 && field_ == Field::other) return;
    if (depth_ == 0) fail(fmt::format("header is {}; an object is needed", what));
    if (depth_ == 1) fail(fmt::format("'{}' is {}; an object is needed", name_, what));
    constexpr std::string_view needed[] = {"a string", "an array of sizes", "two offsets", "a string"};
    const int which = field_ == Field::dtype ? 0 : field_ == Field::shape ? 1 : field_ == Field::data_offsets ? 2 : 3;
    fail(fmt::format("tensor '{}': {} where {} is needed", name_, what, needed[which]));
  }

  void finish_entry() const {
    for (const auto& [field, name] :
         {std::pair{Field::dtype, "dtype"}, {Field::shape, "shape"}, {Field::data_offsets, "data_offsets"}})
      if ((seen_ & static_cast<unsigned>(field)) == 0) fail(fmt::format("tensor '{}': {} is missing", name_, name));
  }

  [[noreturn]] void fail(std::string_view what) const { place_.fail(offset_, what); }

  const Place& place_;
  std::uint64_t offset_;
  std::vector<SafetensorsEntry> entries_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> fields_;
  std::string name_;
  Field field_ = Field::other;
  unsigned seen_ = 0;
  int numbers_ = 0;
  int depth_ = 0;
  bool in_metadata_ = false;
};

}  // namespace

std::vector<SafetensorsEntry> parse_safetensors_header(const Place& place, std::uint64_t offset,
                                                       std::string_view text) {
  // nlohmann's reader takes a NUL for the end of the text.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    place.fail(offset + nul, "header has a NUL in it");
  if (text.empty() || text.front() != '{') place.fail(offset, "header does not begin with '{'");
  HeaderReader reader(place, offset);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return reader.take();
}

}  // namespace taper::io
