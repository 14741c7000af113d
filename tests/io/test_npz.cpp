#include "catch.h"
#include "io/file_bytes.h"
#include "io/load_error.h"
#include "io/rule.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::deflated;
using taper_test::npy_of;
using taper_test::TemporaryFolder;
using taper_test::zip;
using taper_test::ZipMember;

namespace {

template <class Kind>
std::string message(const std::string& bytes) {
  return taper_test::load_error<Kind>("a.npz", bytes);
}

const std::string array = npy_of("<f4", "(2,)", std::string(8, '\0'));

}  // namespace

TEST_CASE("what numpy saved with every dtype loads with the same values") {
  const TensorMap types = load(TAPER_TEST_DATA "/io/types.npz", {.warn = false});
  REQUIRE(types.size() == 16);
  for (const auto& [name, tensor] : types) {
    INFO(name);
    const std::string type = name.substr(name.rfind('_') == std::string::npos ? 0 : name.rfind('_') + 1);
    CHECK(tensor.shape() == Shape{2, 5});
    CHECK(tensor.to_vector<double>() == taper_test::rule(type[0], 10));
    const DType expected = type == "f8"                   ? float64
                           : type[0] == 'f'               ? float32
                           : type[0] == 'b'               ? bool_
                           : type == "i8" || type == "u4" ? int64
                                                          : int32;
    CHECK(tensor.dtype() == expected);
  }
}

TEST_CASE("what numpy saved with every shape and order loads in the order of the archive") {
  const TensorMap shapes = load(TAPER_TEST_DATA "/io/shapes.npz", {.warn = false});
  std::vector<std::string> names;
  for (const auto& [name, tensor] : shapes) names.push_back(name);
  CHECK(names == std::vector<std::string>{"scalar", "none", "line", "columns", "half_columns", "folder/name"});
  CHECK(shapes.at("scalar").shape() == Shape{});
  CHECK(shapes.at("scalar").item<double>() == -0.75);
  CHECK(shapes.at("none").shape() == Shape{0, 3});
  CHECK(shapes.at("columns").shape() == Shape{2, 3, 4});
  CHECK(shapes.at("columns").to_vector<double>() == taper_test::rule('f', 24));
  CHECK(shapes.at("half_columns").to_vector<double>() == taper_test::rule('f', 15));
}

TEST_CASE("a member whose checksum is wrong is refused by name") {
  CHECK_THAT(message<FormatError>(zip({{"w.npy", array, 1}})), ContainsSubstring("CRC mismatch in w.npy"));
  CHECK_THAT(message<FormatError>(zip({{"w.npy", array + "rest", 1}})), ContainsSubstring("CRC mismatch in w.npy"));
}

TEST_CASE("an archive that would fill more memory than the budget is refused before it is inflated") {
  TemporaryFolder folder;
  constexpr std::size_t bytes = std::size_t{32} << 20U;
  folder.file("bomb.npz",
              zip({deflated("bomb.npy", npy_of("|b1", "(" + std::to_string(bytes) + ",)", std::string(bytes, '\0')))}));
  CHECK(std::filesystem::file_size(folder / "bomb.npz") < 100000);
  CHECK_THROWS_AS(load(folder / "bomb.npz", {.max_bytes = 1 << 20}), ResourceError);
  CHECK_THROWS_WITH(load(folder / "bomb.npz", {.max_bytes = 1 << 20}), ContainsSubstring("needs 32 MiB, budget 1 MiB"));
  CHECK(load(folder / "bomb.npz", {.max_bytes = bytes}).at("bomb").numel() == bytes);
  CHECK_THROWS_AS(load(folder / "bomb.npz", {.max_bytes = -1}), ValueError);
}

TEST_CASE("an archive of 1 MB that would become 1 GiB is refused by a budget of 64 MiB before it is inflated") {
  TemporaryFolder folder;
  const std::string header = npy_of("|b1", "(1073741824,)", "");
  ZipMember bomb = deflated("bomb.npy", header);
  bomb.data += std::string(1100000, '\0');
  bomb.size = header.size() + (std::uint64_t{1} << 30U);
  folder.file("bomb.npz", zip({bomb}));
  CHECK_THROWS_AS(load(folder / "bomb.npz", {.max_bytes = 64 << 20}), ResourceError);
  CHECK_THROWS_WITH(load(folder / "bomb.npz", {.max_bytes = 64 << 20}),
                    ContainsSubstring("needs 1 GiB, budget 64 MiB"));
}

TEST_CASE("a name that points out of the archive is unsafe") {
  for (const char* name : {"../../x.npy", "/x.npy", "a/../x.npy", "..", "a\\x.npy"})
    CHECK_THAT(message<FormatError>(zip({{name, array}})),
               ContainsSubstring("unsafe name '" + std::string(name) + "'"));
  CHECK_THAT(message<FormatError>(zip({{std::string("a\0b.npy", 7), array}})), ContainsSubstring("unsafe name"));
  CHECK_THAT(message<FormatError>(zip({{"", array}})), ContainsSubstring("unsafe name"));
}

TEST_CASE("a member that is encrypted or compressed in another way is refused") {
  CHECK_THAT(message<FormatError>(zip({{"w.npy", array, 0, 1}})),
             ContainsSubstring("unsupported compression") && ContainsSubstring("encrypted"));
  CHECK_THAT(message<FormatError>(zip({{"w.npy", array, 0, 0, 99}})), ContainsSubstring("unsupported compression"));
  CHECK_THAT(message<FormatError>(zip({{"w.npy", array, 0, 0, 12}})), ContainsSubstring("method 12"));
}

TEST_CASE("a member cannot declare more than its bytes can become") {
  const std::string vast = npy_of("<f4", "(1000000000,)", "");
  CHECK_THAT(message<FormatError>(zip({{"w.npy", vast, 0, 0, 0, 4000000200}})), ContainsSubstring("which cannot be"));
  CHECK_THAT(message<FormatError>(zip({{"w.npy", vast, 0, 0, 8, 4000000200}})), ContainsSubstring("which cannot be"));
}

TEST_CASE("an archive that is cut or has other members is refused") {
  const std::string whole = zip({{"w.npy", array}});
  for (const std::size_t cut : {1UL, 22UL, 60UL})
    CHECK_THAT(message<FormatError>(whole.substr(0, whole.size() - cut)), ContainsSubstring("incomplete download?"));
  CHECK_THAT(message<FormatError>(zip({{"w.npy", array}, {"w.npy", array}})),
             ContainsSubstring("duplicate member w.npy"));
  CHECK_THAT(message<FormatError>(zip({{"notes.txt", "text"}})), ContainsSubstring("'notes.txt' is no .npy array"));
  CHECK_THAT(message<FormatError>(zip({{"w.npy", array.substr(0, array.size() - 4)}})),
             ContainsSubstring("w.npy: ") && ContainsSubstring("data bytes"));
}

TEST_CASE("an archive without members is an empty map") {
  TemporaryFolder folder;
  folder.file("a.npz", zip({}));
  CHECK(load(folder / "a.npz").empty());
}
