#include <ostream>

#include "nn/tree.h"
#include "taper/nn/module.h"

namespace taper::nn {
namespace {

void append_indented(std::string& text, std::string_view lines, std::size_t indent) {
  for (;;) {
    const auto end = lines.find('\n');
    text.append(lines.substr(0, end));
    if (end == std::string_view::npos) return;
    text += '\n';
    text.append(indent, ' ');
    lines.remove_prefix(end + 1);
  }
}

std::string list_text(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "'" : ", '") + key + "'";
  return "[" + text + "]";
}

}  // namespace

std::string IncompatibleKeys::str() const {
  if (missing_keys.empty() && unexpected_keys.empty()) return "<All keys matched successfully>";
  return "_IncompatibleKeys(missing_keys=" + list_text(missing_keys) +
         ", unexpected_keys=" + list_text(unexpected_keys) + ")";
}

std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys) { return out << keys.str(); }

std::string Module::str() const {
  const std::string extra = extra_repr();
  const auto children = named_children();
  std::string text(name());
  text += '(';
  if (children.empty() && extra.find('\n') == std::string::npos) return text + extra + ')';
  if (!extra.empty()) {
    text += "\n  ";
    append_indented(text, extra, 2);
  }
  for (const auto& [key, child] : children) {
    text += "\n  (" + key + "): ";
    append_indented(text, child->str(), 2);
  }
  return text + "\n)";
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << module.str(); }

}  // namespace taper::nn
