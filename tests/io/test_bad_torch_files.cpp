#include <filesystem>

#include "catch.h"
#include "io/file_bytes.h"
#include "io/load_error.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::little_endian;
using taper_test::TemporaryFolder;
using taper_test::zip;
using taper_test::ZipMember;

namespace {

/// What the pickle's opcodes below are put between.
std::string pickle(const std::string& opcodes) { return "\x80\x02" + opcodes + "."; }

std::string archive(const std::string& data, const std::string& storage = std::string(24, '\0')) {
  return zip({{"a/data.pkl", data}, {"a/data/0", storage}, {"a/version", "3\n"}});
}

template <class Kind>
std::string message(const std::string& bytes) {
  return taper_test::load_error<Kind>("a.pt", bytes);
}
template <class Kind = FormatError>
std::string refusal(const std::string& opcodes) {
  return message<Kind>(archive(pickle(opcodes)));
}

std::string text(const std::string& value) { return "X" + little_endian(value.size(), 4) + value; }
std::string number(std::int64_t value) { return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8); }
std::string tuple(const std::string& items) { return "(" + items + "t"; }

/// A tensor of a storage; six floats unless something is changed.
struct PickleTensor {
  std::string storage_class = "torch\nFloatStorage";
  std::string key = "0";
  std::int64_t elements = 6;
  std::int64_t offset = 0;
  std::string size = number(2) + number(3);
  std::string stride = number(3) + number(1);
  std::string requires_grad = "\x89";

  std::string opcodes() const {
    return "ctorch._utils\n_rebuild_tensor_v2\n(" +
           tuple(text("storage") + "c" + storage_class + "\n" + text(key) + text("cpu") + number(elements)) + "Q" +
           number(offset) + tuple(size) + tuple(stride) + requires_grad + "ccollections\nOrderedDict\n)RtR";
  }
};

}  // namespace

TEST_CASE("a pickle that names a function runs nothing and is refused by that name") {
  TemporaryFolder folder;
  const std::string made = folder / "made";
  const std::string call = text("touch " + made) + "\x85R";
  CHECK_THAT(refusal("cos\nsystem\n" + call), ContainsSubstring("global os.system not allowed"));
  CHECK_THAT(refusal("cposix\nsystem\n" + call), ContainsSubstring("global posix.system not allowed"));
  CHECK_THAT(refusal(text("builtins") + text("eval") + "\x93" + text("1") + "\x85R"),
             ContainsSubstring("global builtins.eval not allowed"));
  CHECK_THAT(refusal("ctorch\nload\n"), ContainsSubstring("global torch.load not allowed"));
  CHECK_THAT(refusal("ctorch.storage\n_load_from_bytes\n"), ContainsSubstring("not allowed"));
  CHECK_THAT(refusal("cos\x1b[2J\nsystem\n"), ContainsSubstring("global os\\x1b[2J.system not allowed"));
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("of a method a pickle may name the annealing of a OneCycleLR, as PyTorch's files do, and no other") {
  const std::string get = "c__builtin__\ngetattr\n", cycle = "ctorch.optim.lr_scheduler\nOneCycleLR\n";
  const std::string cosine = text("_annealing_cos");
  const auto loaded = [](const std::string& opcodes) {
    TemporaryFolder folder;
    return load_value(folder.file("a.pt", archive(pickle(opcodes))), {.warn = false}).str();
  };
  CHECK(loaded(get + cycle + ")\x81}b" + cosine + "\x86R") == "'OneCycleLR._annealing_cos'");
  CHECK(loaded("cbuiltins\ngetattr\n" + cycle + text("_annealing_linear") + "\x86R") ==
        "'OneCycleLR._annealing_linear'");
  CHECK(loaded(text("torch.optim.lr_scheduler") + text("OneCycleLR._annealing_cos") + "\x93") ==
        "'OneCycleLR._annealing_cos'");
  for (const std::string& object : {cycle, cycle + ")\x81"})
    for (const char* name : {"__init__", "__class__", "step", "_annealing", "_annealing_cos.__globals__", ""})
      CHECK_THAT(refusal(get + object + text(name) + "\x86R"), ContainsSubstring("global getattr not allowed but for"));
  for (const std::string& object : {std::string("ctorch.optim.sgd\nSGD\n"), std::string("ctorch.optim.sgd\nSGD\n)\x81"),
                                    std::string("c__builtin__\ndict\n"), text("OneCycleLR"), get, std::string("}")})
    CHECK_THAT(refusal(get + object + cosine + "\x86R"), ContainsSubstring("global getattr not allowed but for"));
  CHECK_THAT(refusal(get + cycle + "\x85R"), ContainsSubstring("not allowed"));
  CHECK_THAT(refusal(get + cycle + cosine + cosine + "\x87R"), ContainsSubstring("not allowed"));
  CHECK_THAT(refusal(text("torch.optim.lr_scheduler") + text("OneCycleLR.step") + "\x93"),
             ContainsSubstring("global torch.optim.lr_scheduler.OneCycleLR.step not allowed"));
  // A class and an object of it are nothing by themselves, and no class is called.
  for (const std::string& part : {get, cycle, cycle + ")\x81"})
    CHECK_THAT(refusal(part), ContainsSubstring("a part of an object stands alone"));
  CHECK_THAT(refusal(cycle + ")R"), ContainsSubstring("a call of what is no function"));
  CHECK_THAT(refusal(cycle + text("x") + "\x85\x81"), ContainsSubstring("a new object of a class that makes none so"));
  CHECK_THAT(refusal("c__builtin__\ndict\n)\x81"), ContainsSubstring("a new object of a class that makes none so"));
  CHECK_THAT(refusal(cycle + ")\x81Nb"), ContainsSubstring("a state for what has none"));
  CHECK_THAT(refusal(cycle + "}b"), ContainsSubstring("a state for what has none"));
  CHECK_THAT(refusal("ccollections\ndefaultdict\n" + get + "\x85R"),
             ContainsSubstring("a defaultdict of other things"));
}

TEST_CASE("an unknown opcode is named with its offset") {
  CHECK_THAT(refusal("\xff"), ContainsSubstring("opcode 0xff at offset 2"));
  for (const char* old :
       {"I1\n", "F1\n", "S'a'\n", "ios\nsystem\n", "o", "\x82", "P0\n", "2", "l", "d", "p0\n", "g0\n"})
    CHECK_THAT(refusal(old), ContainsSubstring("malformed pickle: opcode 0x"));
  CHECK_THAT(message<FormatError>(archive("\x80\x06N.")), ContainsSubstring("pickle protocol 6; 2 to 5 are read"));
}

TEST_CASE("a pickle whose stack, marks or memo do not hold what it wants is malformed") {
  const auto malformed = [](const std::string& opcodes, const std::string& why) {
    INFO(why);
    CHECK_THAT(refusal(opcodes), ContainsSubstring("malformed pickle") && ContainsSubstring(why));
  };
  malformed("", "stack underflow");
  malformed("N0\x85", "stack underflow");
  malformed("Na", "stack underflow");
  malformed("N(\x85", "stack underflow");
  malformed("t", "missing MARK");
  malformed("]e", "missing MARK");
  malformed("h\x01", "the memo has no 1");
  malformed("j\xff\xff\xff\xff", "the memo has no 4294967295");
  malformed("NN", "more than one object");
  malformed("(N", "more than one object");
  malformed("NNa", "items for what is no list");
  malformed("]NNs", "items for what is no dict");
  malformed("}(Nu", "a key without a value");
  malformed("NNR", "a call of what is no function");
  malformed("N)R", "a call of what is no function");
  malformed("]Nb", "a state for what has none");
  malformed("NQ", "arguments that no call takes");
  malformed(text("x") + "\x85Q", "a storage of other things");
  malformed(
      "X\xff\xff\xff\x7f"
      "a",
      "a text of 2147483647 bytes");
  malformed("\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "a text of 18446744073709551615 bytes");
  malformed("\x8b\xff\xff\xff\xff", "an int of 4294967295 bytes");
  malformed("\x95\xff\xff\xff\xff\xff\xff\xff\x7f", "a frame of");
  malformed("]q" + std::string(1, '\0') + "h" + std::string(1, '\0') + "a", "contains itself");
  malformed("ctorch\nFloatStorage\n", "a part of an object stands alone");
  malformed("ctorch._utils\n_rebuild_tensor_v2\n)R", "a tensor of other things");
  CHECK_THAT(message<FormatError>(archive("\x80\x02N")), ContainsSubstring("it ends without STOP"));
  CHECK_THAT(message<FormatError>(archive("\x80\x02N.N.")), ContainsSubstring("more follows after STOP"));
  CHECK_THAT(message<FormatError>(archive("")), ContainsSubstring("it ends without STOP"));
}

TEST_CASE("what a value cannot hold is a TypeError") {
  CHECK_THAT(refusal<TypeError>("C\x02"
                                "ab"),
             ContainsSubstring("bytes"));
  CHECK_THAT(refusal<TypeError>("\x8a\x09" + std::string(9, '\1')), ContainsSubstring("an int of 72 bits"));
  CHECK_THAT(refusal<TypeError>("}NNs"), ContainsSubstring("neither a str nor an int"));
  CHECK_THAT(refusal<TypeError>("}" + tuple(number(1)) + "Ns"), ContainsSubstring("neither a str nor an int"));
  CHECK_THAT(refusal("}" + text("a") +
                     "N"
                     "s" +
                     text("a") + "Ns"),
             ContainsSubstring("duplicate key 'a'"));
}

TEST_CASE("a tensor whose size, stride, offset or storage cannot be is refused") {
  CHECK(taper_test::load_error<FormatError>("a.pt", archive(pickle(PickleTensor{}.opcodes()))) == "nothing was thrown");
  const auto refused = [](const PickleTensor& tensor, const std::string& why) {
    INFO(why);
    CHECK_THAT(refusal(tensor.opcodes()), ContainsSubstring(why));
  };
  refused({.stride = number(-3) + number(1)}, "stride is negative: -3");
  refused({.offset = -1}, "offset is negative: -1");
  refused({.size = number(-2) + number(3)}, "size is negative: -2");
  refused({.elements = -6}, "has -6 elements");
  refused({.offset = 1}, "reach outside its storage of 6 elements");
  refused({.stride = number(4) + number(1)}, "reach outside");
  refused({.stride = number(INT64_MAX) + number(INT64_MAX)}, "reach outside");
  refused({.offset = INT64_MAX}, "reach outside");
  refused({.size = number(int64_t{1} << 40) + number(int64_t{1} << 40), .stride = number(0) + number(0)}, "overflows");
  refused({.stride = number(1)}, "has size [2, 3] and stride [1]");
  refused({.size = text("x"), .stride = number(1)}, "size has what is no int");
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += number(1);
  refused({.size = nine, .stride = nine}, "more than 8 dimensions");
  refused({.requires_grad = "N"}, "requires_grad is no bool");
  refused({.elements = 7}, "the storage has 24 bytes, its 7 elements of float32 need 28");
  refused({.elements = int64_t{1} << 60}, "the storage has 24 bytes");
  refused({.elements = INT64_MAX}, "overflows");
  refused({.storage_class = "torch\nLongStorage",
           .elements = 3,
           .size = number(3),
           .stride = number(1),
           .requires_grad = "\x88"},
          "requires a gradient, but is int64");
  refused({.storage_class = "torch\nSomeStorage"}, "global torch.SomeStorage not allowed");
}

TEST_CASE("a storage's key is a plain name of a member that is there") {
  for (const std::string key : {"../x", "a/b", "..", ".", "", "a\\b"})
    CHECK_THAT(refusal(PickleTensor{.key = key}.opcodes()), ContainsSubstring("is unsafe; a plain name is needed"));
  CHECK_THAT(refusal(PickleTensor{.key = std::string("0\0x", 3)}.opcodes()), ContainsSubstring("unsafe"));
  CHECK_THAT(refusal(PickleTensor{.key = "1"}.opcodes()), ContainsSubstring("member a/data/1 is missing"));
  const std::string other = PickleTensor{.storage_class = "torch\nIntStorage"}.opcodes();
  CHECK_THAT(refusal("](" + PickleTensor{}.opcodes() + other + "e"), ContainsSubstring("storage '0' comes twice"));
}

TEST_CASE("a dtype that no tensor holds is a TypeError that names it and the tensor") {
  const auto refused = [](const char* storage, const char* dtype) {
    const PickleTensor tensor{.storage_class = std::string("torch\n") + storage, .elements = 3};
    const std::string text_of_it = refusal<TypeError>("}" + text("w") + tensor.opcodes() + "s");
    CHECK_THAT(text_of_it, ContainsSubstring("tensor 'w'") && ContainsSubstring(dtype));
  };
  refused("ComplexFloatStorage", "complex64");
  refused("ComplexDoubleStorage", "complex128");
  refused("QInt8Storage", "qint8");
}

TEST_CASE("a TorchScript archive is refused as such") {
  const std::string data = pickle("N");
  for (const std::string name : {"a/constants.pkl", "a/code/__torch__.py"})
    CHECK_THAT(message<FormatError>(zip({{"a/version", "3\n"}, {"a/data.pkl", data}, {name, ""}})),
               ContainsSubstring("is TorchScript, not a state_dict"));
}

TEST_CASE("an archive of torch.save has one folder, a version and little-endian numbers") {
  const std::string data = pickle("N");
  const auto refused = [](const std::vector<ZipMember>& members, const std::string& why) {
    INFO(why);
    CHECK_THAT(message<FormatError>(zip(members)), ContainsSubstring(why));
  };
  refused({{"data.pkl", data}, {"version", "3\n"}}, "member 'data.pkl' is in no folder");
  refused({{"a/data.pkl", data}, {"version", "3\n"}}, "member 'version' is in no folder");
  refused({{"a/data.pkl", data}, {"a/version", "3\n"}, {"b/data/0", ""}},
          "member 'b/data/0' is outside the folder 'a/'");
  refused({{"a/data.pkl", data}}, "member a/version is missing");
  refused({{"a/version", "3\n"}, {"a/data/0", ""}}, "member a/data.pkl is missing");
  refused({{"a/data.pkl", data}, {"a/version", "99\n"}}, "version 99 unsupported; 1 to 10 are read");
  refused({{"a/data.pkl", data}, {"a/version", "0\n"}}, "version 0 unsupported");
  refused({{"a/data.pkl", data}, {"a/version", "3.1\n"}}, "version is '3.1'; a number is needed");
  refused({{"a/data.pkl", data}, {"a/version", std::string(65, '3')}}, "65 bytes where a word is needed");
  refused({{"a/data.pkl", data}, {"a/version", "3\n"}, {"a/byteorder", "big"}}, "byteorder is 'big'");
  refused({{"a/data.pkl", data}, {"a/version", "3\n"}, {"a/version", "3\n"}}, "duplicate member a/version");
  refused({{"a/data.pkl", data, 1}, {"a/version", "3\n"}}, "CRC mismatch in a/data.pkl");
  const std::string tensor = pickle(PickleTensor{}.opcodes());
  refused({{"a/data.pkl", tensor}, {"a/data/0", std::string(24, '\0'), 1}, {"a/version", "3\n"}},
          "CRC mismatch in a/data/0");

  TemporaryFolder folder;
  const std::string path = folder.file("a.pt", zip({{"any/name.ignored", "x"},
                                                    {"any/data/", ""},
                                                    {"any/version", "10"},
                                                    {"any/byteorder", "little"},
                                                    {"any/data/0", std::string(24, '\0')},
                                                    {"any/.data/serialization_id", "0"},
                                                    {"any/data.pkl", tensor}}));
  CHECK(load(path).at("arr_0").shape() == Shape{2, 3});
}

TEST_CASE("a pickle that grows without bounds when written out meets the object limit") {
  // Each list holds the one before eight times and is taken off the stack, so that only the memo has it.
  std::string opcodes =
      "](NNNNNNNNNNe\x94"
      "0";
  for (int i = 0; i < 30; ++i) {
    const std::string last = "h" + std::string(1, static_cast<char>(i));
    opcodes += "](" + last + last + last + last + last + last + last + last + "e\x94" + (i == 29 ? "" : "0");
  }
  CHECK_THAT(refusal<ResourceError>(opcodes), ContainsSubstring("object limit"));
  std::string deep(3000, ']');
  CHECK_THAT(refusal<ResourceError>(deep + std::string(2999, 'a')), ContainsSubstring("nested deeper than 1000"));
  CHECK_THAT(refusal<ResourceError>(std::string(5000, '(')), ContainsSubstring("nested deeper than"));
  std::string keys = "}" + text(std::string(100000, 'k')) +
                     "\x94"
                     "0"
                     "0(";
  for (int i = 0; i < 1000; ++i) keys += "}h" + std::string(1, '\0') + "Ns";
  CHECK_THAT(refusal<ResourceError>(keys + "t"), ContainsSubstring("the keys are too long"));
  CHECK_THAT(refusal<ResourceError>(text(std::string(17 << 20, 'x'))), ContainsSubstring("text limit: one of 17 MiB"));
  TemporaryFolder folder;
  const std::string many = folder.file("a.pt", archive(pickle("(" + std::string(1000000, ']') + "t")));
  CHECK_THROWS_WITH(load(many, {.max_bytes = 1000}), ContainsSubstring("object limit: the pickle's objects need"));
  const std::string tensor = folder.file("b.pt", archive(pickle(PickleTensor{}.opcodes())));
  CHECK(load(tensor, {.max_bytes = 24}).size() == 1);
  CHECK_THROWS_AS(load(tensor, {.max_bytes = 23}), ResourceError);
}

TEST_CASE("a storage without a type of its own is read as the dtype that its tensors name") {
  const auto tensor = [](const std::string& dtype) {
    return "ctorch._utils\n_rebuild_tensor_v3\n(" +
           tuple(text("storage") + "ctorch.storage\nUntypedStorage\n" + text("0") + text("cpu") + number(24)) + "Q" +
           number(1) + tuple(number(3)) + tuple(number(2)) + "\x89" + "ccollections\nOrderedDict\n)Rctorch\n" + dtype +
           "\ntR";
  };
  TemporaryFolder folder;
  std::string numbers;
  for (std::uint64_t i = 0; i < 12; ++i) numbers += little_endian(65535 - i, 2);
  const std::string path = folder.file("a.pt", archive(pickle(tensor("uint16")), numbers));
  CHECK(load(path, {.warn = false}).at("arr_0").to_vector<int64_t>() == std::vector<int64_t>{65534, 65532, 65530});
  CHECK_THAT(refusal<TypeError>(tensor("uint64")), ContainsSubstring("dtype uint64 unsupported"));
  CHECK_THAT(refusal<TypeError>(tensor("float8_e4m3fn")), ContainsSubstring("dtype float8_e4m3fn unsupported"));
  CHECK_THAT(refusal("](" + tensor("uint16") + tensor("int16") + "e"),
             ContainsSubstring("is int16 in a storage that another reads as uint16"));
}

TEST_CASE("a sparse tensor of a .pt file fits together or is refused") {
  const std::string indices = PickleTensor{.storage_class = "torch\nLongStorage",
                                           .elements = 3,
                                           .size = number(1) + number(3),
                                           .stride = number(3) + number(1)}
                                  .opcodes();
  const std::string values = PickleTensor{.key = "1", .elements = 3, .size = number(3), .stride = number(1)}.opcodes();
  const auto file = [&](const std::string& size, std::int64_t index, const std::string& layout) {
    const std::string sparse = "ctorch._utils\n_rebuild_sparse_tensor\nctorch.serialization\n_get_layout\n" +
                               text(layout) + "\x85R" + tuple(indices + values + tuple(size)) + "\x86R";
    const std::string where =
        little_endian(0, 8) + little_endian(1, 8) + little_endian(static_cast<std::uint64_t>(index), 8);
    return zip(
        {{"a/data.pkl", pickle(sparse)}, {"a/data/0", where}, {"a/data/1", std::string(12, '\0')}, {"a/version", "3"}});
  };
  const std::string coo = "torch.sparse_coo";
  TemporaryFolder folder;
  CHECK(load(folder.file("a.pt", file(number(5), 4, coo))).at("arr_0").is_sparse());
  CHECK_THAT(message<FormatError>(file(number(5), 5, coo)),
             ContainsSubstring("index 5 at position [0, 2] is outside [0, 5)"));
  CHECK_THAT(message<FormatError>(file(number(5), -1, coo)), ContainsSubstring("index -1"));
  CHECK_THAT(message<FormatError>(file(number(5) + number(2), 0, coo)),
             ContainsSubstring("make no sparse tensor of size [5, 2]"));
  CHECK_THAT(message<TypeError>(file(number(5), 0, "torch.sparse_csr")),
             ContainsSubstring("layout 'torch.sparse_csr'"));
}
