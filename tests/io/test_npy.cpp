#include "catch.h"
#include "io/file_bytes.h"
#include "io/load_error.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::little_endian;
using taper_test::npy;
using taper_test::npy_of;
using taper_test::TemporaryFolder;

namespace {

template <class Kind>
std::string message(const std::string& bytes) {
  return taper_test::load_error<Kind>("a.npy", bytes);
}

Tensor load_one(const std::string& bytes) {
  TemporaryFolder folder;
  folder.file("a.npy", bytes);
  return load(folder / "a.npy", {.warn = false}).at("arr_0");
}

const std::string six_floats(24, '\0');

}  // namespace

TEST_CASE("an empty or cut .npy file is a FormatError") {
  CHECK_THAT(message<FormatError>(""), ContainsSubstring("empty file"));
  CHECK_THAT(message<FormatError>("\x93NUMPY"), ContainsSubstring("truncated header"));
  CHECK_THAT(message<FormatError>(std::string("\x93NUMPY\x02\x00\x01\x00", 10)), ContainsSubstring("truncated header"));
  CHECK_THAT(message<FormatError>("text"), ContainsSubstring("not in numpy's format"));
}

TEST_CASE("an .npy file of an unknown version is refused") {
  CHECK_THAT(message<FormatError>(std::string("\x93NUMPY\x09\x00\x02\x00{}", 12)),
             ContainsSubstring("version 9.0 unsupported"));
  CHECK_THAT(message<FormatError>(std::string("\x93NUMPY\x01\x01\x02\x00{}", 12)),
             ContainsSubstring("version 1.1 unsupported"));
}

TEST_CASE("the header of an .npy file has to fit the file and a limit") {
  const std::string start = "\x93NUMPY";
  CHECK_THAT(message<FormatError>(start + std::string("\x01\x00", 2) + little_endian(60000, 2) + std::string(69, ' ')),
             ContainsSubstring("header needs 60000 bytes, 69 available"));
  CHECK_THAT(message<FormatError>(start + std::string("\x02\x00", 2) + little_endian(0xFFFFFFFF, 4) + "{}"),
             ContainsSubstring("header length exceeds limit"));
}

TEST_CASE("an .npy file with less data than it declares is refused before anything is allocated") {
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(3, 2)", std::string(20, 'x'))),
             ContainsSubstring("expected 24 data bytes, found 20"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(65536, 65536, 65536)", "")),
             ContainsSubstring("declares 1 PiB, file holds 0"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(65536, 65536, 65536, 65536)", "")), ContainsSubstring("overflows"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(0, 9223372036854775807, 3)", "")), ContainsSubstring("overflows"));
}

TEST_CASE("a dimension of an .npy file is a whole number that is not negative") {
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(3, -2)", six_floats)), ContainsSubstring("dimension -2"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(18446744073709551616,)", six_floats)),
             ContainsSubstring("dimension out of range"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(3, x)", six_floats)), ContainsSubstring("dimension expected"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(3.0,)", six_floats)), ContainsSubstring("',' or ')' expected"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(6)", six_floats)), ContainsSubstring("no tuple"));
  CHECK_THAT(message<FormatError>(npy_of("<f4", "(1,1,1,1,1,1,1,1,6)", six_floats)),
             ContainsSubstring("more than 8 dimensions"));
}

TEST_CASE("an .npy file of a dtype that no tensor holds is a TypeError") {
  CHECK_THAT(message<TypeError>(npy_of("|O", "(3,)", six_floats)), ContainsSubstring("object arrays are refused"));
  CHECK_THAT(message<TypeError>(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", six_floats)),
             ContainsSubstring("record arrays are refused"));
  for (const char* descr : {"<c8", "<u8", "<U3", "<f16", "<f3", "", "<", "f", "<f4x", "<M8[s]"})
    CHECK_THAT(message<TypeError>(npy_of(descr, "(3,)", six_floats)),
               ContainsSubstring("dtype '" + std::string(descr) + "' unsupported; supported: b1"));
}

TEST_CASE("a key of an .npy header that is missing, unknown or repeated is named") {
  CHECK_THAT(message<FormatError>(npy("{'descr': '<f4', 'shape': (6,)}", six_floats)),
             ContainsSubstring("'fortran_order' is missing"));
  CHECK_THAT(message<FormatError>(npy("{'fortran_order': False, 'shape': (6,)}", six_floats)),
             ContainsSubstring("'descr' is missing"));
  CHECK_THAT(message<FormatError>(npy("{'descr': '<f4', 'fortran_order': False}", six_floats)),
             ContainsSubstring("'shape' is missing"));
  CHECK_THAT(message<FormatError>(npy("{'descr': '<f4', 'order': 1}", six_floats)),
             ContainsSubstring("'order' is unknown"));
  CHECK_THAT(message<FormatError>(npy("{'shape': (6,), 'shape': (6,)}", six_floats)),
             ContainsSubstring("'shape' is repeated"));
}

TEST_CASE("a damaged .npy header is refused with the column") {
  CHECK_THAT(message<FormatError>(npy("{'descr': '<f4'", six_floats)), ContainsSubstring("column 16: '}' expected"));
  CHECK_THAT(message<FormatError>(npy("{'descr': '<f4", six_floats)),
             ContainsSubstring("column 11: string does not end"));
  CHECK_THAT(message<FormatError>(npy("{'shape': (6, ", six_floats)), ContainsSubstring("column 15"));
  CHECK_THAT(message<FormatError>(npy("{'fortran_order': 1}", six_floats)),
             ContainsSubstring("column 19: True or False expected"));
  CHECK_THAT(message<FormatError>(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} x", six_floats)),
             ContainsSubstring("column 57: text after the dictionary"));
  CHECK_THAT(message<FormatError>(npy("", six_floats)), ContainsSubstring("column 1: '{' expected"));
}

TEST_CASE("an .npy header may have its keys in any order, double quotes, Python 2's integers and version 2.0 or 3.0") {
  const std::string data = little_endian(7, 4) + little_endian(8, 4);
  CHECK(load_one(npy("{\"shape\":(2L,),'fortran_order':False,'descr':'<i4'}", data)).to_vector<int>() ==
        std::vector<int>{7, 8});
  const std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }";
  for (const char version : {'\x02', '\x03'}) {
    const std::string bytes =
        "\x93NUMPY" + std::string{version, '\0'} + little_endian(header.size(), 4) + header + data;
    CHECK(load_one(bytes).shape() == Shape{1, 2});
  }
}

TEST_CASE("big-endian data is converted") {
  const std::string data = std::string("\x3f\x80\x00\x00", 4) + std::string("\xc0\x20\x00\x00", 4);
  const Tensor x = load_one(npy_of(">f4", "(2,)", data));
  CHECK(x.dtype() == float32);
  CHECK(x.to_vector<float>() == std::vector<float>{1.0F, -2.5F});
}

TEST_CASE("every float16 becomes the float32 of the same value") {
  std::string data;
  for (const unsigned bits : {0x0000U, 0x8000U, 0x0001U, 0x03FFU, 0x0400U, 0x3C00U, 0xC000U, 0x7BFFU, 0x7C00U, 0xFC00U})
    data += little_endian(bits, 2);
  const std::vector<float> values = load_one(npy_of("<f2", "(10,)", data)).to_vector<float>();
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(values ==
        std::vector<float>{0.0F, -0.0F, 0x1p-24F, 1023 * 0x1p-24F, 0x1p-14F, 1.0F, -2.0F, 65504.0F, inf, -inf});
  CHECK(std::signbit(values[1]));
  CHECK(std::isnan(load_one(npy_of("<f2", "()", little_endian(0x7E00, 2))).item<float>()));
}

TEST_CASE("a bool of an .npy file is 0 or 1") {
  CHECK(load_one(npy_of("|b1", "(2,)", std::string("\x00\x01", 2))).to_vector<int>() == std::vector<int>{0, 1});
  CHECK_THAT(message<FormatError>(npy_of("|b1", "(2,)", std::string("\x00\x02", 2))), ContainsSubstring("a bool is 2"));
}

TEST_CASE("bytes after the data of an .npy array are ignored, as by numpy, and that is said") {
  TemporaryFolder folder;
  const std::string array = npy_of("<i4", "(2,)", little_endian(7, 4) + little_endian(8, 4));
  folder.file("a.npy", array + "more");
  folder.file("a.npz", taper_test::zip({{"x.npy", array + "rest of it"}, {"y.npy", array}}));
  std::vector<std::string> notes;
  CHECK(load(folder / "a.npy", {.notes = &notes}).at("arr_0").to_vector<int>() == std::vector<int>{7, 8});
  CHECK(load(folder / "a.npz", {.notes = &notes}).at("x").to_vector<int>() == std::vector<int>{7, 8});
  CHECK(notes == std::vector<std::string>{"4 bytes after the data of 'arr_0' are ignored",
                                          "10 bytes after the data of 'x' are ignored"});
}

TEST_CASE("a header of version 3.0 may hold UTF-8, and no key that is not the format's") {
  const std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (1,), '말': 1}";
  CHECK_THAT(message<FormatError>("\x93NUMPY" + std::string{'\x03', '\0'} + little_endian(header.size(), 4) + header +
                                  little_endian(1, 4)),
             ContainsSubstring("'말' is unknown"));
}
