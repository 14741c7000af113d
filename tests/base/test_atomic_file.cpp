#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "catch.h"
#include "taper/base/error.h"
#include "temporary_folder.h"

namespace fs = std::filesystem;
using taper::AtomicFile;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::TemporaryFolder;

namespace {

std::vector<std::string> sync_calls;
std::string watched;  // a file whose content is looked at in each call
int fail_sync = 0;    // 1: of files, 2: of folders

}  // namespace

/// Stands before the C library's, which alone knows whether bytes have reached the disk.
extern "C" int fsync(int file) {
  struct stat status {};
  ::fstat(file, &status);
  const bool is_folder = S_ISDIR(status.st_mode);
  if (!watched.empty())
    sync_calls.push_back(std::string(is_folder ? "folder" : "file") + " while " + content_of(watched));
  if (fail_sync == (is_folder ? 2 : 1)) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, file));
}

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

TEST_CASE("an atomic file has no name before commit where the file system can do that") {
  TemporaryFolder folder;
  AtomicFile file("save", folder / "a.txt");
  file.write("new");
  CHECK(folder.entries() == 0);
  AtomicFile named("save", folder / "b.txt", false);
  named.write("new");
  CHECK(folder.entries() == 1);
  file.commit();
  named.commit();
  CHECK(content_of(folder / "a.txt") == "new");
  CHECK(content_of(folder / "b.txt") == "new");
  CHECK(folder.entries() == 2);
}

TEST_CASE("what a killed process left is removed by the next commit in the folder, and what is in use is not") {
  TemporaryFolder folder;
  folder.file(".taper-1-0.tmp", "left over");
  folder.file(".taper-notes.txt", "somebody's");
  AtomicFile in_use("save", folder / "a.txt", false);
  in_use.write("a");
  AtomicFile other("save", folder / "b.txt");
  other.commit();
  CHECK_FALSE(fs::exists(folder / ".taper-1-0.tmp"));
  CHECK(fs::exists(folder / ".taper-notes.txt"));
  in_use.commit();
  CHECK(content_of(folder / "a.txt") == "a");
}

TEST_CASE("the file is synced before it is renamed, and its folder after, an error of the disk leaves the old file") {
  TemporaryFolder folder;
  const std::string path = folder.file("a.txt", "old");
  const auto commit = [&](bool nameless) {
    AtomicFile file("save", path, nameless);
    file.write("new");
    file.commit();
  };
  for (const bool nameless : {true, false}) {
    INFO("nameless " << nameless);
    folder.file("a.txt", "old");
    sync_calls.clear();
    fail_sync = 1;
    CHECK_THROWS_WITH(commit(nameless), ContainsSubstring("a.txt: syncing: Input/output error"));
    CHECK(content_of(path) == "old");
    CHECK(folder.entries() == 1);
    fail_sync = 0;
    sync_calls.clear();
    watched = path;
    commit(nameless);
    watched.clear();
    CHECK(sync_calls == std::vector<std::string>{"file while old", "folder while new"});
  }
  fail_sync = 2;
  CHECK_THROWS_WITH(commit(true), ContainsSubstring("a.txt: syncing its folder: Input/output error"));
  fail_sync = 0;
}

TEST_CASE("a folder or a file that must not be written is an IoError") {
  TemporaryFolder folder;
  folder.file("a.txt", "old");
  fs::permissions(folder / "a.txt", fs::perms(0444));
  fs::permissions(folder.path(), fs::perms(0555));
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // root may write everywhere
    int refusals = 0;
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(100);
    for (const char* name : {"a.txt", "new.txt"}) {
      try {
        AtomicFile("save", folder / name).commit();
      } catch (const taper::IoError& error) {
        refusals += std::string(error.what()).find("Permission denied") != std::string::npos ? 1 : 0;
      }
    }
    ::_exit(refusals);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  fs::permissions(folder.path(), fs::perms(0755));
  CHECK(WEXITSTATUS(status) == 2);
  CHECK(content_of(folder / "a.txt") == "old");
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
