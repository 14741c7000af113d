#include <cstring>

#include "catch.h"
#include "dump.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::dump_path;

namespace {

const std::vector<std::string> names{"types", "views",   "sparse",  "tensor", "sgd",     "adam",    "adam3",  "adam4",
                                     "adam5", "rmsprop", "adagrad", "others", "others3", "others4", "others5"};

Value read(const std::string& path) { return load_value(path, {.warn = false}); }

bool same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  return std::memcmp(x.impl()->data, y.impl()->data, static_cast<std::size_t>(x.numel()) * size_of(x.dtype())) == 0;
}

}  // namespace

TEST_CASE("what torch.save wrote loads with Python's text of it and numpy's numbers in it", "[parity]") {
  for (const std::string& name : names) {
    INFO(name);
    const std::string stem =
        dump_path("torch/" + name + ".pt").substr(0, dump_path("torch/" + name + ".pt").size() - 3);
    CHECK(read(stem + ".pt").str() == content_of(stem + ".txt"));
    const TensorMap expected = load(stem + ".npz");
    const TensorMap found = load(stem + ".pt", {.warn = false});
    REQUIRE(found.size() == expected.size());
    auto next = found.begin();
    for (const auto& [key, tensor] : expected) {
      INFO(key);
      CHECK(next->first == key);
      CHECK(same(next->second.is_sparse() ? next->second.to_dense() : next->second, tensor));
      ++next;
    }
  }
}

TEST_CASE("views and shared storages of a .pt file share memory, and a tensor that comes twice is one") {
  const TensorMap views = load(TAPER_TEST_DATA "/torch/views.pt", {.warn = false});
  const Tensor& base = views.at("base");
  CHECK(base.is(views.at("same")));
  for (const char* name : {"turned", "row", "part", "parameter", "beyond"}) {
    INFO(name);
    CHECK(views.at(name).shares_memory_with(base));
    CHECK_FALSE(views.at(name).is(base));
  }
  CHECK(views.at("row").storage_offset() == 10);
  CHECK(views.at("part").strides() == Shape{5, 2});
  CHECK(views.at("expanded").strides() == Shape{1, 0});
  CHECK(views.at("half").shares_memory_with(views.at("half_part")));
  CHECK_FALSE(views.at("half").shares_memory_with(base));
  CHECK(views.at("parameter").requires_grad());
  CHECK(views.at("leaf").requires_grad());
  CHECK_FALSE(base.requires_grad());
  Tensor row = views.at("row");
  row.zero_();
  CHECK(base[2].abs().sum().item<float>() == 0);
}

TEST_CASE("conversions are said once for a file, or collected, or not at all") {
  const std::string path = TAPER_TEST_DATA "/torch/types.pt";
  std::vector<std::string> warnings;
  WarningHandler before = set_warning_handler([&](const std::string& text) { warnings.push_back(text); });
  load(path);
  load(path, {.warn = false});
  std::vector<std::string> notes;
  load_value(path, {.notes = &notes});
  load(TAPER_TEST_DATA "/torch/others.pt");
  load(TAPER_TEST_DATA "/io/shapes.npz");
  load(TAPER_TEST_DATA "/torch/adam.pt");
  set_warning_handler(std::move(before));
  REQUIRE(warnings.size() == 3);
  CHECK(warnings[0] == path +
                           ": 'float16' is float16, loaded as float32; 'bfloat16' is bfloat16, loaded as float32; "
                           "'int8' is int8, loaded as int32; 'uint8' is uint8, loaded as int32; 'int16' is int16, "
                           "loaded as int32");
  CHECK_THAT(warnings[1], ContainsSubstring("'device' is a torch.device, loaded as str; 'dtype' is a torch.dtype, "
                                            "loaded as str; 'set' and 1 more are a set, loaded as list"));
  CHECK_THAT(warnings[2], ContainsSubstring("'half_columns' is float16, loaded as float32"));
  CHECK(notes.size() == 5);
  CHECK(notes.at(0) == "'float16' is float16, loaded as float32");
}

TEST_CASE("load_value reads the other formats as a dict of tensors") {
  CHECK(load_value(TAPER_TEST_DATA "/io/matrix.npy")["arr_0"].as<Tensor>().shape() == Shape{3, 2});
  CHECK(load_value(TAPER_TEST_DATA "/io/saved.safetensors")["layer.weight"].as<Tensor>().shape() == Shape{3, 2});
  CHECK(load_value(TAPER_TEST_DATA "/torch/tensor.pt").as<Tensor>().shape() == Shape{2, 2});
  CHECK(load(TAPER_TEST_DATA "/torch/tensor.pt").at("arr_0").shape() == Shape{2, 2});
}
