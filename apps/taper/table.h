#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace taper_program {

/// Text in columns, two blanks between them; a column is as wide as its widest text.
class Table {
 public:
  /// For each column 'l' or 'r': where its texts stand.
  explicit Table(std::string sides) : sides_(std::move(sides)), widths_(sides_.size()) {}

  void add(std::vector<std::string> row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], width_of(row[i]));
    rows_.push_back(std::move(row));
  }

  /// On standard output.
  void print() const {
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string gap(widths_[i] - width_of(row[i]), ' ');
        line += sides_[i] == 'r' ? gap + row[i] : row[i] + gap;
        line += "  ";
      }
      line.erase(line.find_last_not_of(' ') + 1);
      std::printf("%s\n", line.c_str());
    }
  }

 private:
  /// The characters of a text in UTF-8.
  static std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  }

  std::string sides_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace taper_program
