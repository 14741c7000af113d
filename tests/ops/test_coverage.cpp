// No public operation without a row in the table.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "catch.h"
#include "ops/table.h"

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The names of the functions that a header declares for its users: a declaration begins at the start of a line, and
// what stands in a namespace `detail` is not public.
std::set<std::string> declared(std::string text) {
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

}  // namespace

TEST_CASE("every public operation has a row in the table") {
  namespace fs = std::filesystem;
  const fs::path include = fs::path(TAPER_SOURCE_DIR) / "include" / "taper";
  std::vector<fs::path> headers{include / "nn" / "functional.h"};
  for (const fs::directory_entry& entry : fs::directory_iterator(include / "ops")) headers.push_back(entry.path());
  std::set<std::string> covered;
  for (const taper_test::OpRow& row : taper_test::all_rows()) covered.insert(row.names.begin(), row.names.end());
  std::set<std::string> found;
  for (const fs::path& header : headers)
    for (const std::string& name : declared(read(header))) {
      INFO(name << " of " << header.filename() << " has no row");
      CHECK(covered.count(name) == 1);
      found.insert(name);
    }
  for (const char* name :
       {"add", "operator+", "sort", "split", "matmul", "zeros", "tensor", "rand", "cross_entropy", "embedding"})
    CHECK(found.count(name) == 1);
  for (const std::string& name : covered) {
    INFO(name << " has a row but is declared nowhere");
    CHECK(found.count(name) == 1);
  }
}

TEST_CASE("the search for public functions sees through comments, templates and inner namespaces") {
  const std::string text =
      "\nnamespace taper {\n/// Tensor no(int);\nTensor one(const Tensor& x);\ninline Tensor operator<=(const Tensor& "
      "a, int b) {\n"
      "  Tensor inner(b);\n}\nnamespace detail {\nTensor hidden();\nvoid f() {\n}\n}  // namespace detail\n\ntemplate "
      "<class T>\nTensor "
      "two(T x) {\n}\nstd::vector<Tensor> three(int);\n}\n";
  CHECK(declared(text) == std::set<std::string>{"one", "operator<=", "two", "three"});
}
