#include "catch.h"
#include "io/file_bytes.h"
#include "io/load_error.h"
#include "io/rule.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::little_endian;
using taper_test::safetensors;
using taper_test::TemporaryFolder;

namespace {

template <class Kind>
std::string message(const std::string& bytes) {
  return taper_test::load_error<Kind>("a.safetensors", bytes);
}

TensorMap load_bytes(const std::string& bytes, const std::string& name = "a.safetensors") {
  TemporaryFolder folder;
  folder.file(name, bytes);
  return load(folder / name);
}

/// The header's entry of a float32 vector.
std::string entry(const std::string& name, const std::string& offsets, const std::string& shape = "[2]",
                  const std::string& dtype = "F32") {
  return '"' + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + '}';
}

const std::string eight(8, '\0');

}  // namespace

TEST_CASE("the header of a .safetensors file has to be there whole") {
  CHECK_THAT(message<FormatError>(""), ContainsSubstring("header too small"));
  CHECK_THAT(message<FormatError>("1234567"), ContainsSubstring("header too small"));
  CHECK_THAT(message<FormatError>(little_endian(~0ULL, 8) + "{}"),
             ContainsSubstring("header length is 18446744073709551615"));
  CHECK_THAT(message<FormatError>(little_endian(1000, 8) + "{}"),
             ContainsSubstring("1000 bytes") && ContainsSubstring("has 2 after it; incomplete download?"));
  CHECK_THAT(message<FormatError>(little_endian(0, 8)), ContainsSubstring("does not begin with '{'"));
}

TEST_CASE("a header of 100 MB is over the limit") {
  TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors", little_endian(100000000, 8) + "{");
  std::filesystem::resize_file(path, 100000008);
  CHECK_THROWS_AS(load(path), ResourceError);
  CHECK_THROWS_WITH(load(path), ContainsSubstring("header over limit"));
}

TEST_CASE("a .safetensors header is strict JSON") {
  const std::string good = entry("w", "[0,8]");
  for (const std::string& bad :
       {"{" + good, "{" + good + ",}", "{" + good + "}x", std::string("{'w':1}"), std::string("{\"\xff\":1}")})
    CHECK_THAT(message<FormatError>(safetensors(bad, eight)), ContainsSubstring("header is no JSON"));
  CHECK_THAT(message<FormatError>(safetensors(" {" + good + "}", eight)), ContainsSubstring("does not begin with '{'"));
  CHECK_THAT(message<FormatError>(safetensors("{" + good + "}" + std::string(1, '\0') + "x", eight)),
             ContainsSubstring("NUL"));
  CHECK_THAT(message<FormatError>(safetensors("{" + good + "," + good + "}", eight)),
             ContainsSubstring("duplicate key 'w'"));
  CHECK_THAT(message<FormatError>(
                 safetensors(R"({"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight)),
             ContainsSubstring("tensor 'w': duplicate key 'dtype'"));
  const std::string deep = std::string(20, '[') + std::string(20, ']');
  CHECK_THAT(message<FormatError>(safetensors(R"({"w":{"x":)" + deep + "}}", eight)),
             ContainsSubstring("nested too deeply"));
}

TEST_CASE("an entry of a .safetensors header has its fields, of the right kinds") {
  const auto with = [](const std::string& fields) {
    return message<FormatError>(safetensors("{\"w\":{" + fields + "}}", eight));
  };
  CHECK_THAT(with(R"("shape":[2],"data_offsets":[0,8])"), ContainsSubstring("tensor 'w': dtype is missing"));
  CHECK_THAT(with(R"("dtype":"F32","data_offsets":[0,8])"), ContainsSubstring("tensor 'w': shape is missing"));
  CHECK_THAT(with(R"("dtype":"F32","shape":[2])"), ContainsSubstring("tensor 'w': data_offsets is missing"));
  CHECK_THAT(with(R"("dtype":1,"shape":[2],"data_offsets":[0,8])"),
             ContainsSubstring("a number where a string is needed"));
  CHECK_THAT(with(R"("dtype":"F32","shape":2,"data_offsets":[0,8])"),
             ContainsSubstring("a number where an array of sizes is needed"));
  CHECK_THAT(with(R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])"), ContainsSubstring("an array where"));
  CHECK_THAT(with(R"("dtype":"F32","shape":["2"],"data_offsets":[0,8])"), ContainsSubstring("a string where"));
  CHECK_THAT(with(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8])"),
             ContainsSubstring("more than 8 dimensions"));
  CHECK_THAT(message<FormatError>(safetensors(R"({"w":3})", "")),
             ContainsSubstring("'w' is a number; an object is needed"));
  CHECK_THAT(message<FormatError>(safetensors(R"({"w":[3]})", "")),
             ContainsSubstring("'w' is an array; an object is needed"));
  CHECK_THAT(message<FormatError>(safetensors(R"({"__metadata__":{"a":1}})", "")),
             ContainsSubstring("a string is needed"));
}

TEST_CASE("offsets and sizes of a .safetensors header are whole numbers in order") {
  for (const char* offsets : {"[8,0]", "[8]", "[0,4,8]", "[-8,0]", "[0,8.0]", "[0.5,8]", "[0,1e1]", "[]",
                              "[0,18446744073709551616]", "[0,9223372036854775808]", "[0,4]", "[0,12]", "[null,8]"})
    CHECK_THAT(message<FormatError>(safetensors("{" + entry("w", offsets) + "}", eight)),
               ContainsSubstring("tensor 'w'"));
  for (const char* shape :
       {"[-2]", "[2.0]", "[3]", "[18446744073709551615]", "[9223372036854775807,9223372036854775807]"})
    CHECK_THROWS_AS(load_bytes(safetensors("{" + entry("w", "[0,8]", shape) + "}", eight)), FormatError);
  CHECK_THAT(message<FormatError>(safetensors("{" + entry("w", "[0,8]", "[3]") + "}", eight)),
             ContainsSubstring("tensor 'w': shape [3] of F32 needs 12 bytes, data_offsets [0, 8] hold 8"));
  CHECK_THAT(message<FormatError>(safetensors("{" + entry("w", "[0,16]", "[4]") + "}", eight)),
             ContainsSubstring("incomplete download?"));
}

TEST_CASE("the data of a .safetensors file is covered without overlap or hole") {
  CHECK_THAT(
      message<FormatError>(safetensors("{" + entry("a", "[0,8]") + "," + entry("b", "[4,12]") + "}", eight + eight)),
      ContainsSubstring("'a' [0, 8] and 'b' [4, 12] overlap"));
  CHECK_THAT(message<FormatError>(
                 safetensors("{" + entry("a", "[0,8]") + "," + entry("b", "[12,20]") + "}", eight + eight + "1234")),
             ContainsSubstring("bytes 8..12 unused"));
  CHECK_THAT(message<FormatError>(safetensors("{" + entry("a", "[0,8]") + "}", eight + "12")),
             ContainsSubstring("bytes 8..10 unused"));
  CHECK_THAT(message<FormatError>(safetensors("{}", "12")), ContainsSubstring("bytes 0..2 unused"));
}

TEST_CASE("a .safetensors dtype that no tensor holds is a TypeError") {
  CHECK_THAT(message<TypeError>(safetensors("{" + entry("w", "[0,8]", "[8]", "F8_E4M3") + "}", eight)),
             ContainsSubstring("dtype F8_E4M3 unsupported; supported: BOOL, "));
  CHECK_THAT(message<TypeError>(safetensors("{" + entry("w", "[0,8]", "[1]", "U64") + "}", eight)),
             ContainsSubstring("dtype U64"));
}

TEST_CASE("bfloat16 becomes float32, small integers int32, and unknown fields and metadata are passed over") {
  const std::string header = "{\"__metadata__\":{\"format\":\"pt\"}," + entry("half", "[0,4]", "[2]", "BF16") + "," +
                             entry("byte", "[4,6]", "[2]", "U8") +
                             R"(,"more":{"note":[1,{"x":"y"}],"dtype":"BOOL","shape":[],"data_offsets":[6,7]}})";
  const TensorMap map = load_bytes(safetensors(header, std::string("\x80\x3f\x20\xc0\x07\xff\x01", 7)), "a.bin");
  CHECK(map.at("half").to_vector<float>() == std::vector<float>{1.0F, -2.5F});
  CHECK(map.at("byte").dtype() == int32);
  CHECK(map.at("byte").to_vector<int>() == std::vector<int>{7, 255});
  CHECK(map.at("more").dim() == 0);
  CHECK(map.size() == 3);
}

TEST_CASE("every dtype of a .safetensors file that a tensor holds exactly loads with the same values") {
  const TensorMap types = load(TAPER_TEST_DATA "/io/types.safetensors");
  REQUIRE(types.size() == 12);
  for (const auto& [name, tensor] : types) {
    INFO(name);
    CHECK(tensor.shape() == Shape{2, 5});
    CHECK(tensor.to_vector<double>() == taper_test::rule(name[0], 10));
    const DType expected = name == "f8"                   ? float64
                           : name[0] == 'f'               ? float32
                           : name[0] == 'b'               ? bool_
                           : name == "i8" || name == "u4" ? int64
                                                          : int32;
    CHECK(tensor.dtype() == expected);
  }
}

TEST_CASE("a bool of a .safetensors file is 0 or 1, and an empty one needs no bytes") {
  const std::string two = "{" + entry("none", "[0,0]", "[3,0]") + "," + entry("w", "[0,2]", "[2]", "BOOL") + "}";
  CHECK(load_bytes(safetensors(two, std::string("\0\1", 2))).at("none").shape() == Shape{3, 0});
  CHECK_THAT(message<FormatError>(safetensors(two, std::string("\0\2", 2))),
             ContainsSubstring("w: a bool is 2; 0 or 1 is needed"));
}

TEST_CASE("the data of a saved .safetensors file begins at a multiple of 64") {
  TemporaryFolder folder;
  for (const std::string& name : {std::string("x"), std::string("longer name"), std::string(60, 'y')}) {
    save({{name, zeros({3})}}, folder / "a.safetensors");
    const auto size = std::filesystem::file_size(folder / "a.safetensors");
    CHECK((size - 12) % 64 == 0);
  }
}

TEST_CASE("a budget is held against all tensors of a .safetensors file together") {
  TemporaryFolder folder;
  folder.file("a", safetensors("{" + entry("a", "[0,8]") + "," + entry("b", "[8,16]") + "}", eight + eight));
  CHECK(load(folder / "a", {.max_bytes = 16}).size() == 2);
  CHECK_THROWS_WITH(load(folder / "a", {.max_bytes = 15}), ContainsSubstring("needs 16 B, budget 15 B"));
}
