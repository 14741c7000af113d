#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/atomic_file.h"
#include "catch.h"
#include "taper/base/error.h"

namespace fs = std::filesystem;
using taper::AtomicFile;
using taper_test::ContainsSubstring;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("taper-atomic-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
  std::size_t entries() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {})); }
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("an atomic file replaces the old one at commit and not before") {
  Folder folder;
  const std::string path = folder / "a.txt";
  std::ofstream(path) << "old";
  ::chmod(path.c_str(), 0640);
  const std::string big(3 << 20, 'x');
  AtomicFile file("save", path);
  file.write("new ");
  file.write(big);
  CHECK(content(path) == "old");
  file.commit();
  CHECK(content(path) == "new " + big);
  CHECK((fs::status(path).permissions() & fs::perms::all) == fs::perms(0640));
  CHECK(folder.entries() == 1);
}

TEST_CASE("an atomic file that is not committed leaves nothing behind") {
  Folder folder;
  { AtomicFile("save", folder / "a.txt").write("half"); }
  CHECK(folder.entries() == 0);
}

TEST_CASE("an atomic file written through a symbolic link changes what the link names") {
  Folder folder;
  std::ofstream(folder / "real.txt") << "old";
  fs::create_symlink("real.txt", folder / "link.txt");
  AtomicFile file("save", folder / "link.txt");
  file.write("new");
  file.commit();
  CHECK(fs::is_symlink(folder / "link.txt"));
  CHECK(content(folder / "real.txt") == "new");
}

TEST_CASE("an atomic file says which path failed and why") {
  Folder folder;
  CHECK_THROWS_AS(AtomicFile("save", folder / "no/such/a.txt"), taper::IoError);
  CHECK_THROWS_WITH(AtomicFile("save", folder / "no/such/a.txt"),
                    ContainsSubstring("no/such/a.txt") && ContainsSubstring("No such file or directory"));
  CHECK_THROWS_WITH(AtomicFile("save", folder.path.string()), ContainsSubstring("Is a directory"));
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
