#include "names.h"

#include <fmt/format.h>
#include <taper/base/error.h>

namespace taper_program {
namespace {

/// '*' is any text, '?' any character, the rest itself.
std::string expression_of(const std::string& glob) {
  std::string text = "^";
  for (const char c : glob) {
    if (c == '*') {
      text += "[^]*";
    } else if (c == '?') {
      text += "[^]";
    } else {
      if (std::string_view("\\^$.|()[]{}+").find(c) != std::string_view::npos) text += '\\';
      text += c;
    }
  }
  return text + "$";
}

}  // namespace

Pattern::Pattern(const std::string& text) {
  const bool regular = text.size() > 2 && text.front() == '/' && text.back() == '/';
  try {
    expression_ = regular ? text.substr(1, text.size() - 2) : expression_of(text);
  } catch (const std::regex_error&) {
    throw taper::ValueError(fmt::format("--ignore: '{}' is no regular expression", text));
  }
}

Renaming::Renaming(const std::string& text) : text_(text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    throw taper::ValueError(fmt::format("--rename: '{}' has no '='; write OLD=NEW, or OLD*=NEW*", text));
  old_ = text.substr(0, equals);
  new_ = text.substr(equals + 1);
  prefix_ = old_.ends_with('*') && new_.ends_with('*');
  if (prefix_) {
    old_.pop_back();
    new_.pop_back();
  } else if (old_.empty() || new_.empty()) {
    throw taper::ValueError(fmt::format("--rename: '{}' names nothing; write OLD=NEW, or OLD*=NEW*", text));
  }
}

std::string Renaming::operator()(const std::string& name) const {
  if (!means(name)) return name;
  return prefix_ ? new_ + name.substr(old_.size()) : new_;
}

}  // namespace taper_program
