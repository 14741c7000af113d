// No public operation without a row in the table.
#include "catch.h"
#include "ops/declared.h"
#include "ops/table.h"

using taper_test::declared, taper_test::operation_headers, taper_test::read;

TEST_CASE("every public operation has a row in the table") {
  std::set<std::string> covered;
  for (const taper_test::OpRow& row : taper_test::all_rows()) covered.insert(row.names.begin(), row.names.end());
  std::set<std::string> found;
  for (const std::filesystem::path& header : operation_headers())
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
