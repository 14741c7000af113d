#ifdef TAPER_PROGRAM
#include <algorithm>

#include "apps/program.h"
#include "catch.h"

using taper_test::check_complaint;
using taper_test::ContainsSubstring;
using taper_test::run_taper;
using taper_test::TemporaryFolder;

namespace {

constexpr std::string_view royals = "5 2\nman 1 0\nwoman 1 1\nking 2 0.1\nqueen 2.1 2\n여왕 2 2\n";

}  // namespace

TEST_CASE("taper neighbors prints the nearest words of each word, nearest first") {
  TemporaryFolder folder;
  const std::string file = folder.file("v.vec", royals);
  const auto [status, out, err] = run_taper("neighbors " + file + " man king -k 2");
  CHECK(status == 0);
  CHECK(out == "man\n  0.9988  king\n  0.7241  queen\nking\n  0.9988  man\n  0.7577  queen\n");
  CHECK(err.empty());
  CHECK(run_taper("neighbors " + file + " 여왕 -k 1 --ascii").out == "여왕\n  1.0000  woman\n");
}

TEST_CASE("taper analogy prints the answer and the next best") {
  TemporaryFolder folder;
  const auto [status, out, err] = run_taper("analogy " + folder.file("v.vec", royals) + " man woman king -k 2");
  CHECK(status == 0);
  CHECK_THAT(out, ContainsSubstring("man : woman :: king : ") && ContainsSubstring("queen"));
  CHECK(std::count(out.begin(), out.end(), '\n') == 3);
  CHECK(err.empty());
}

TEST_CASE("taper tells its version and its commands") {
  CHECK_THAT(run_taper("--version").out, Catch::Matchers::StartsWith("taper 0."));
  const auto help = run_taper("--help");
  CHECK(help.status == 0);
  for (const char* word : {"train", "neighbors", "analogy", "show", "compare", "--version"})
    CHECK_THAT(help.out, ContainsSubstring(word));
  CHECK_THAT(run_taper("neighbors --help").out, ContainsSubstring("--count") && ContainsSubstring("=10"));
}

TEST_CASE("a bad argument or file is one line on standard error and status 2") {
  TemporaryFolder folder;
  const std::string file = folder.file("v.vec", royals);
  check_complaint("", "train, neighbors, analogy, show or compare");
  check_complaint("fly", "fly");
  check_complaint("neighbors", "FILE is required");
  check_complaint("neighbors " + file, "WORD is required");
  check_complaint("neighbors " + file + " man --many", "--many");
  check_complaint("neighbors " + file + " man -k 0", "--count");
  check_complaint("neighbors " + file + " man -k two", "--count");
  check_complaint("neighbors " + file + " man kng", "'kng' among 5; nearest spellings: 'king'");
  check_complaint("analogy " + file + " man woman", "C is required");
  check_complaint("analogy " + file + " man woman emperor", "'emperor'");
  check_complaint("neighbors " + folder / "none.vec" + " man", "none.vec': No such file or directory");
  check_complaint("neighbors " + folder.path() + " man", "Is a directory");
  check_complaint("neighbors " + folder.file("bad.vec", "2 2\na 1 2\nb 1 x\n") + " a", "bad.vec:3: column 5");
}

TEST_CASE("results that cannot be written are an error") {
  TemporaryFolder folder;
  const std::string file = folder.file("v.vec", royals);
  const int status =
      std::system((TAPER_PROGRAM " neighbors " + file + " man >/dev/full 2>" + (folder / "err")).c_str());
  CHECK(WEXITSTATUS(status) == 2);
  CHECK_THAT(taper_test::content_of(folder / "err"), ContainsSubstring("standard output cannot be written"));
}
#endif
