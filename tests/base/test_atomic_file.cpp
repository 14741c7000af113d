#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/atomic_file.h"
#include "catch.h"
#include "taper/base/error.h"
#include "temporary_folder.h"

namespace fs = std::filesystem;
using taper::AtomicFile;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::TemporaryFolder;

TEST_CASE("an atomic file replaces the old one at commit and not before") {
  TemporaryFolder folder;
  const std::string path = folder / "a.txt";
  std::ofstream(path) << "old";
  ::chmod(path.c_str(), 0640);
  const std::string big(3 << 20, 'x');
  AtomicFile file("save", path);
  file.write("new ");
  file.write(big);
  CHECK(content_of(path) == "old");
  file.commit();
  CHECK(content_of(path) == "new " + big);
  CHECK((fs::status(path).permissions() & fs::perms::all) == fs::perms(0640));
  CHECK(folder.entries() == 1);
}

TEST_CASE("an atomic file that is not committed leaves nothing behind") {
  TemporaryFolder folder;
  { AtomicFile("save", folder / "a.txt").write("half"); }
  CHECK(folder.entries() == 0);
}

TEST_CASE("an atomic file written through a symbolic link changes what the link names") {
  TemporaryFolder folder;
  std::ofstream(folder / "real.txt") << "old";
  fs::create_symlink("real.txt", folder / "link.txt");
  AtomicFile file("save", folder / "link.txt");
  file.write("new");
  file.commit();
  CHECK(fs::is_symlink(folder / "link.txt"));
  CHECK(content_of(folder / "real.txt") == "new");
}

TEST_CASE("an atomic file says which path failed and why") {
  TemporaryFolder folder;
  CHECK_THROWS_AS(AtomicFile("save", folder / "no/such/a.txt"), taper::IoError);
  CHECK_THROWS_WITH(AtomicFile("save", folder / "no/such/a.txt"),
                    ContainsSubstring("no/such/a.txt") && ContainsSubstring("No such file or directory"));
  CHECK_THROWS_WITH(AtomicFile("save", folder.path()), ContainsSubstring("Is a directory"));
  CHECK_THROWS_WITH(AtomicFile("save", folder / std::string(5000, 'x').c_str()),
                    ContainsSubstring("File name too long"));
}

TEST_CASE("a device is written, not replaced, and a full one is an error") {
  AtomicFile file("save", "/dev/null");
  file.write("gone");
  file.commit();
  CHECK(fs::is_character_file("/dev/null"));
  AtomicFile full("save", "/dev/full");
  full.write("x");
  CHECK_THROWS_WITH(full.commit(), ContainsSubstring("/dev/full") && ContainsSubstring("No space left on device"));
}

TEST_CASE("a writer may replace the temporary file of an atomic file by its path") {
  TemporaryFolder folder;
  AtomicFile file("save", folder / "a.txt");
  std::filesystem::rename(folder.file("other", "replaced"), file.temporary());
  file.commit();
  CHECK(content_of(folder / "a.txt") == "replaced");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a disk that fills up leaves what an atomic file should have replaced") {
  TemporaryFolder folder;
  const std::string path = folder.file("a.txt", "old");
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 1000, before.rlim_max };
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  CHECK_THROWS_AS(AtomicFile("save", path).write(std::string(1000000, 'x')), taper::IoError);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(content_of(path) == "old");
  CHECK(folder.entries() == 1);
}
