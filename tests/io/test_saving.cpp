#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::TemporaryFolder;

namespace {

const char* const names[] = {"a.pt", "a.npz", "a.safetensors", "a.npy"};

}  // namespace

TEST_CASE("a disk that fills up in a save leaves the old file") {
  TemporaryFolder folder;
  const Tensor large = zeros({100000});
  for (const char* name : names) {
    INFO(name);
    folder.file(name, "old");
    struct rlimit before {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small { 10000, before.rlim_max };
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_THROWS_AS(save({{"x", large}}, folder / name), IoError);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(content_of(folder / name) == "old");
  }
  CHECK(folder.entries() == std::size(names));
}

TEST_CASE("a full device, a folder that is not there and a name that is too long are an IoError of every format") {
  TemporaryFolder folder;
  const Tensor x = zeros({10});
  for (const std::string name : names) {
    INFO(name);
    std::filesystem::create_symlink("/dev/full", folder / name);
    CHECK_THROWS_AS(save({{"x", x}}, folder / name), IoError);
    CHECK_THROWS_WITH(save({{"x", x}}, folder / name), ContainsSubstring("No space left on device"));
    CHECK_THROWS_AS(save({{"x", x}}, folder / ("none/" + name)), IoError);
    CHECK_THROWS_WITH(save({{"x", x}}, folder / (std::string(300, 'n') + name)),
                      ContainsSubstring("File name too long"));
    std::filesystem::create_directory(folder / ("folder-" + name));
    CHECK_THROWS_WITH(save({{"x", x}}, folder / ("folder-" + name)), ContainsSubstring("Is a directory"));
  }
  CHECK(folder.entries() == 2 * std::size(names));
  CHECK_THROWS_AS(save({{"x", x}}, "/dev/null"), ValueError);
}

TEST_CASE("a process killed at any moment of a save leaves the old file or the new, and nothing beside it for long") {
  constexpr int size = 20000;
  TemporaryFolder folder;
  for (const std::string name : names) {
    const std::string path = folder / name;
    save({{"x", full({size}, 0)}}, path);
    for (int attempt = 0; attempt < 12; ++attempt) {
      INFO(name << " killed a " << attempt + 1 << ". time");
      const ::pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        for (int number = 1;; ++number) save({{"x", full({size}, number)}}, path);
      }
      ::usleep(static_cast<::useconds_t>(500 + 731 * attempt));
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      const std::vector<float> values = load(path).begin()->second.to_vector<float>();
      REQUIRE(values.size() == size);
      CHECK(std::count(values.begin(), values.end(), values[0]) == size);
      CHECK(folder.entries() <= 2);
    }
    save({{"x", full({size}, 0)}}, path);
    CHECK(folder.entries() == 1);
    std::filesystem::remove(path);
  }
}
