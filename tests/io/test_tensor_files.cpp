#include <sys/stat.h>

#include <cstdlib>

#include "catch.h"
#include "io/rule.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::TemporaryFolder;

namespace {

Tensor by_rule(const Shape& shape, DType dtype, char kind) {
  Tensor result = tensor(taper_test::rule(kind, static_cast<int>(numel(shape)))).to(dtype);
  return result.view(shape);
}

/// What python_parity/files.py calls saved().
TensorMap saved() {
  TensorMap map;
  map.insert("layer.weight", by_rule({3, 2}, float32, 'f'));
  map.insert("말", by_rule({4}, int64, 'i'));
  map.insert("flags", by_rule({5}, bool_, 'b'));
  map.insert("scalar", by_rule({}, float64, 'f'));
  map.insert("none", by_rule({0, 3}, int32, 'i'));
  map.insert("turned", by_rule({2, 3}, float32, 'f').t());
  return map;
}

void check_same(const TensorMap& found, const TensorMap& expected) {
  REQUIRE(found.size() == expected.size());
  auto next = found.begin();
  for (const auto& [name, tensor] : expected) {
    INFO(name);
    CHECK(next->first == name);
    CHECK(next->second.dtype() == tensor.dtype());
    CHECK(next->second.shape() == tensor.shape());
    CHECK(next->second.is_contiguous());
    CHECK(next->second.to_vector<double>() == tensor.to_vector<double>());
    ++next;
  }
}

}  // namespace

TEST_CASE("what was saved loads with names in order, dtypes, shapes and values") {
  TemporaryFolder folder;
  for (const char* name : {"a.safetensors", "a.npz"}) {
    INFO(name);
    save(saved(), folder / name);
    check_same(load(folder / name), saved());
    std::filesystem::rename(folder / name, folder / "without_ending");
    check_same(load(folder / "without_ending"), saved());
    std::filesystem::remove(folder / "without_ending");
    save({}, folder / name);
    CHECK(load(folder / name).empty());
  }
  CHECK(folder.entries() == 2);
}

TEST_CASE("an .npy file has numpy's bytes and a .safetensors file those of an independent writer") {
  TemporaryFolder folder;
  save({{"x", by_rule({3, 2}, float32, 'f')}}, folder / "a.npy");
  CHECK(content_of(folder / "a.npy") == content_of(TAPER_TEST_DATA "/io/matrix.npy"));
  check_same(load(folder / "a.npy"), {{"arr_0", by_rule({3, 2}, float32, 'f')}});
  save(saved(), folder / "a.safetensors");
  CHECK(content_of(folder / "a.safetensors") == content_of(TAPER_TEST_DATA "/io/saved.safetensors"));
}

TEST_CASE("the same tensors give the same .npz bytes") {
  TemporaryFolder folder;
  save(saved(), folder / "a.npz");
  save(saved(), folder / "b.npz");
  CHECK(content_of(folder / "a.npz") == content_of(folder / "b.npz"));
}

TEST_CASE("files for Python to read are written where it looks for them", "[parity]") {
  const char* set = std::getenv("TAPER_PARITY_DIR");
  TemporaryFolder folder;
  const std::string target = set != nullptr ? set : folder.path();
  save(saved(), target + "/saved.npz");
  save(saved(), target + "/saved.safetensors");
  check_same(load(target + "/saved.npz"), load(target + "/saved.safetensors"));
}

TEST_CASE("a tensor that requires a gradient is saved without its graph") {
  TemporaryFolder folder;
  const Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  save({{"x", x}, {"y", x.clone()}}, folder / "a.npz");
  for (const auto& [name, tensor] : load(folder / "a.npz")) {
    CHECK_FALSE(tensor.requires_grad());
    CHECK(tensor.to_vector<float>() == std::vector<float>{1.0F, 2.0F});
  }
}

TEST_CASE("what a format cannot hold is a ValueError and writes nothing") {
  TemporaryFolder folder;
  const Tensor x = tensor({1.0});
  CHECK_THROWS_WITH(save({{"x", x}}, folder / "a.bin"), ContainsSubstring("use .pt, .safetensors, .npz or .npy"));
  CHECK_THROWS_AS(save({{"x", x}}, folder / "a"), ValueError);
  CHECK_THROWS_WITH(save({{"x", x}, {"y", x}}, folder / "a.npy"), ContainsSubstring("holds one tensor, here are 2"));
  CHECK_THROWS_WITH(save({{"../x", x}}, folder / "a.npz"), ContainsSubstring("'../x'"));
  CHECK_THROWS_AS(save({{std::string("a\0b", 3), x}}, folder / "a.npz"), ValueError);
  CHECK_THROWS_WITH(save({{"__metadata__", x}}, folder / "a.safetensors"), ContainsSubstring("__metadata__"));
  CHECK_THROWS_WITH(save({{"\xff", x}}, folder / "a.safetensors"), ContainsSubstring("UTF-8"));
  CHECK_THROWS_WITH(save({{"x", Tensor()}}, folder / "a.npz"), ContainsSubstring("'x' is undefined"));
  CHECK(folder.entries() == 0);
}

TEST_CASE("a file that cannot be read is an IoError with path and reason") {
  TemporaryFolder folder;
  CHECK_THROWS_AS(load(folder / "none.npz"), IoError);
  CHECK_THROWS_WITH(load(folder / "none.npz"),
                    ContainsSubstring(folder / "none.npz") && ContainsSubstring("No such file"));
  CHECK_THROWS_WITH(load(folder.path()), ContainsSubstring("Is a directory"));
  REQUIRE(::mkfifo((folder / "pipe.npz").c_str(), 0600) == 0);
  CHECK_THROWS_AS(load(folder / "pipe.npz"), IoError);
}

TEST_CASE("a file of another format is refused by name") {
  TemporaryFolder folder;
  const auto refused = [&](const std::string& bytes, const std::string& fragment) {
    folder.file("a.dat", bytes);
    CHECK_THROWS_AS(load(folder / "a.dat"), FormatError);
    CHECK_THROWS_WITH(load(folder / "a.dat"), ContainsSubstring((folder / "a.dat") + ":0: " + fragment));
  };
  refused("", "empty file");
  refused("\x1f\x8b\x08", "gzip data; decompress first");
  refused("just some text", "unknown format");
}
