#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace taper_test {

inline std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The names of the functions that a header declares for its users: a declaration begins at the start of a line, and
/// what stands in a namespace `detail` is not public.
inline std::set<std::string> declared(std::string text) {
  text = std::regex_replace(text, std::regex("//[^\n]*"), "");
  text = std::regex_replace(text, std::regex("\nnamespace detail \\{[^]*?\n\\}  *(?=\n)"), "\n");
  std::set<std::string> names;
  const std::regex function(
      "\n(?:inline |constexpr )*(?:Tensor|ValuesIndices|bool|void|std::\\w+(?:<[^;(){}]*>)?)&? "
      "(\\w+|operator[^\\s\\w(]+)\\(");
  for (std::sregex_iterator it(text.begin(), text.end(), function), end; it != end; ++it) names.insert((*it)[1]);
  const std::regex alias("\nusing taper::(\\w+);");
  for (std::sregex_iterator it(text.begin(), text.end(), alias), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

/// The headers of the public operations.
inline std::vector<std::filesystem::path> operation_headers() {
  const std::filesystem::path include = std::filesystem::path(TAPER_SOURCE_DIR) / "include" / "taper";
  std::vector<std::filesystem::path> headers{include / "nn" / "functional.h"};
  for (const auto& entry : std::filesystem::directory_iterator(include / "ops")) headers.push_back(entry.path());
  return headers;
}

}  // namespace taper_test
