#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/atomic_file.h"
#include "catch.h"
#include "io/file_bytes.h"
#include "io/mapping.h"
#include "io/zip_writer.h"
#include "taper/base/error.h"
#include "taper/base/memory.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::npy_of;
using taper_test::TemporaryFolder;

namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;

std::int64_t resident_bytes() {
  std::int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

/// Whether the tensor's memory belongs to a file, by what the system says of that address.
bool is_mapped(const Tensor& tensor) {
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.impl()->data);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx", &begin, &end) == 2 && begin <= address && address < end)
      return line.find("taper-test-") != std::string::npos;
  }
  return false;
}

/// A file that goes on with zeros which take no room on the disk.
std::string with_hole(const TemporaryFolder& folder, const std::string& name, const std::string& start,
                      std::int64_t hole) {
  std::string path = folder.file(name, start);
  std::filesystem::resize_file(path, start.size() + static_cast<std::uintmax_t>(hole));
  return path;
}

/// The start of an .npy file whose data begins at 128.
std::string npy_start(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + "}";
  header.resize(118, ' ');
  return taper_test::npy(header, "");
}

std::string safetensors_start(const std::string& header) {
  return taper_test::safetensors(header + std::string((8 - header.size() % 8) % 8, ' '), "");
}

}  // namespace

TEST_CASE("opening 2 GiB takes no memory until a tensor is touched, and then its pages alone") {
  TemporaryFolder folder;
  constexpr std::int64_t half = 1024 * mib;
  const std::string safetensors =
      with_hole(folder, "a.safetensors",
                safetensors_start(R"({"a":{"dtype":"F32","shape":[16384,16384],"data_offsets":[0,1073741824]},)"
                                  R"("b":{"dtype":"F64","shape":[134217728],"data_offsets":[1073741824,2147483648]}})"),
                2 * half);
  const std::string array = with_hole(folder, "a.npy", npy_start("<f4", "(32768, 16384)"), 2 * half);
  for (const std::string& path : {safetensors, array}) {
    INFO(path);
    const std::int64_t before = resident_bytes();
    const std::size_t counted = memory_in_use();
    TensorMap map = load(path);
    Tensor first = map.begin()->second;
    CHECK(is_mapped(first));
    CHECK(resident_bytes() - before < 8 * mib);
    CHECK(memory_in_use() == counted);
    first.data<float>()[first.numel() - 1] += 3;
    CHECK(first.data<float>()[first.numel() - 1] == 3);
    CHECK(first.data<float>()[0] == 0);
    CHECK(resident_bytes() - before < 8 * mib);
  }
}

TEST_CASE("writing to a tensor that lies in a file does not change the file") {
  TemporaryFolder folder;
  const std::string path = with_hole(folder, "a.npy", npy_start("<f4", "(524288,)"), 2 * mib);
  const std::string before = content_of(path);
  Tensor x = load(path).at("arr_0");
  REQUIRE(is_mapped(x));
  x += 1;
  x.fill_(2);
  CHECK(x.sum().item<float>() == 2 * 524288);
  CHECK(content_of(path) == before);
  CHECK(load(path).at("arr_0").sum().item<float>() == 0);
}

TEST_CASE("a file may be saved over, renamed and removed while its tensors are in use") {
  TemporaryFolder folder;
  for (const char* name : {"a.pt", "a.safetensors", "a.npz", "a.npy"}) {
    INFO(name);
    const std::string path = folder / name;
    save({{"x", arange(400000)}}, path);
    TensorMap map = load(path);
    Tensor x = map.begin()->second;
    REQUIRE(is_mapped(x));
    x += 1;
    save(map, path);
    save({{"x", zeros({10})}}, path);
    std::filesystem::remove(path);
    map = {};
    CHECK(x.data<std::int64_t>()[399999] == 400000);
    CHECK(x.sum().item<std::int64_t>() == std::int64_t{400000} * 400001 / 2);
  }
}

TEST_CASE("a tensor outlives the map it was loaded in, and its views it") {
  TemporaryFolder folder;
  save({{"x", arange(400000)}, {"y", arange(300000)}}, folder / "a.safetensors");
  const Tensor view = load(folder / "a.safetensors").at("y").narrow(0, 100000, 5);
  CHECK(is_mapped(view));
  CHECK(view.to_vector<int>() == std::vector<int>{100000, 100001, 100002, 100003, 100004});
}

TEST_CASE("small files, conversions, unaligned data and .mmap = false are read into memory of their own") {
  TemporaryFolder folder;
  save({{"x", arange(100)}}, folder / "small.npy");
  CHECK_FALSE(is_mapped(load(folder / "small.npy").at("arr_0")));
  save({{"x", arange(400000)}}, folder / "a.npy");
  CHECK(is_mapped(load(folder / "a.npy").at("arr_0")));
  const Tensor read = load(folder / "a.npy", {.mmap = false}).at("arr_0");
  CHECK_FALSE(is_mapped(read));
  CHECK(read.data<std::int64_t>()[399999] == 399999);

  for (const std::string descr : {"<f2", "|i1", "<u2", "<u4", ">f4", "|b1"}) {
    INFO(descr);
    const std::string path = with_hole(folder, "b.npy", npy_start(descr, "(524288,)"), 2 * mib);
    CHECK_FALSE(is_mapped(load(path, {.warn = false}).at("arr_0")));
  }
  const std::string columns = npy_start("<f4", "(1024, 512)", "True");
  CHECK_FALSE(is_mapped(load(with_hole(folder, "c.npy", columns, 2 * mib)).at("arr_0")));

  std::string odd = R"({"x":{"dtype":"F32","shape":[524288],"data_offsets":[0,2097152]}})";
  odd += std::string(1 + (8 - odd.size() % 8) % 8, ' ');
  const Tensor unaligned = load(with_hole(folder, "d.safetensors", taper_test::safetensors(odd, ""), 2 * mib)).at("x");
  CHECK_FALSE(is_mapped(unaligned));
  CHECK(unaligned.sum().item<float>() == 0);
}

TEST_CASE("stored members of an archive are mapped, deflated ones inflated, and checksums checked unless told not to") {
  TemporaryFolder folder;
  const std::string bytes = npy_of("<i4", "(524288,)", std::string(2 * mib, '\1'));
  const std::string path = folder / "a.npz";
  {
    AtomicFile out("save", path);
    io::ZipWriter writer(out);
    writer.add("stored.npy", {bytes});
    writer.finish();
    out.commit();
  }
  std::string damaged = content_of(path);
  CHECK(load(path).at("stored").data<int>()[524287] == 0x01010101);
  damaged[damaged.size() / 2] = '\2';
  folder.file("damaged.npz", damaged);
  CHECK_THROWS_WITH(load(folder / "damaged.npz"), ContainsSubstring("CRC mismatch in stored.npy"));
  CHECK_THROWS_WITH(load(folder / "damaged.npz", {.mmap = false}), ContainsSubstring("CRC mismatch in stored.npy"));
  CHECK(load(folder / "damaged.npz", {.check_crc = false}).size() == 1);
  CHECK(load(folder / "damaged.npz", {.mmap = false, .check_crc = false}).size() == 1);
  folder.file("b.npz", taper_test::zip({taper_test::deflated("x.npy", bytes + std::string())}));
  CHECK(load(folder / "b.npz").at("x").data<int>()[0] == 0x01010101);

  save({{"x", zeros({8 * mib})}}, folder / "c.npz");
  const std::int64_t before = resident_bytes();
  const Tensor x = load(folder / "c.npz").at("x");
  CHECK(is_mapped(x));
  CHECK(resident_bytes() - before < 8 * mib);
}

TEST_CASE("max_bytes counts what is mapped too") {
  TemporaryFolder folder;
  const std::string path = with_hole(folder, "a.npy", npy_start("<f4", "(524288,)"), 2 * mib);
  CHECK(load(path, {.max_bytes = 2 * mib}).size() == 1);
  CHECK_THROWS_WITH(load(path, {.max_bytes = mib}), ContainsSubstring("needs 2 MiB, budget 1 MiB"));
}

TEST_CASE("a file that the system does not map is read") {
  CHECK(io::Mapping::make(-1, 1 << 20) == nullptr);
#ifndef __SANITIZE_ADDRESS__  // which needs address space of its own
  TemporaryFolder folder;
  save({{"x", arange(400000)}}, folder / "a.npy");
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  { const Tensor room = empty({400000}, int64); }  // stays in the pool: no more address space is there than that
  const struct rlimit none { static_cast<::rlim_t>(pages* ::sysconf(_SC_PAGESIZE)), before.rlim_max };
  const bool limited = ::setrlimit(RLIMIT_AS, &none) == 0;
  TensorMap map;
  try {
    map = load(folder / "a.npy");
  } catch (const Error& error) {
    UNSCOPED_INFO(error.what());
  }
  ::setrlimit(RLIMIT_AS, &before);
  REQUIRE(limited);
  REQUIRE(map.size() == 1);
  CHECK_FALSE(is_mapped(map.at("arr_0")));
  CHECK(map.at("arr_0").data<std::int64_t>()[399999] == 399999);
#endif
}
