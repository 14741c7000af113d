#pragma once

#include <regex>
#include <string>
#include <vector>

namespace taper_program {

/// Names that a command line picks out: a glob such as 'optimizer.*' for whole names, or between slashes a regular
/// expression for any part of a name: '/\.bias$/'. ValueError for one that cannot be read.
class Pattern {
 public:
  explicit Pattern(const std::string& text);
  bool matches(const std::string& name) const { return std::regex_search(name, expression_); }

 private:
  std::regex expression_;
};

/// 'OLD=NEW' for one name, 'OLD*=NEW*' for all that begin alike. ValueError for anything else.
class Renaming {
 public:
  explicit Renaming(const std::string& text);
  /// The new name, or the old one where it is not meant.
  std::string operator()(const std::string& name) const;
  /// Whether it renames that name.
  bool means(const std::string& name) const { return prefix_ ? name.starts_with(old_) : name == old_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_, old_, new_;
  bool prefix_ = false;
};

}  // namespace taper_program
