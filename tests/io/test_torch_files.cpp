#include <cmath>
#include <cstdlib>
#include <cstring>

#include "catch.h"
#include "dump.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/io/tensor_files.h"
#include "taper/nn/linear.h"
#include "taper/nn/lstm.h"
#include "taper/ops/close.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/optim/sgd.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::content_of;
using taper_test::dump_path;
using taper_test::TemporaryFolder;

namespace {

const std::vector<std::string> names{"types",   "views",   "sparse",  "tensor",     "sgd",         "adam",
                                     "adam3",   "adam4",   "adam5",   "rmsprop",    "adagrad",     "others",
                                     "others3", "others4", "others5", "schedulers", "schedulers4", "lstm"};

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

TEST_CASE("a file of torch.save before version 1.6 loads as one of today", "[parity]") {
  const Value old = read(dump_path("torch/old.pth"));
  CHECK(old["types"].str() == read(dump_path("torch/types.pt")).str());
  CHECK(old["views"].str() == read(dump_path("torch/views.pt")).str());
  CHECK(old["views"]["row"].as<Tensor>().shares_memory_with(old["views"]["base"].as<Tensor>()));
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

TEST_CASE("a tree that was saved loads as it was, and torch.load is given it to read", "[parity]") {
  TemporaryFolder folder;
  const char* set = std::getenv("TAPER_PARITY_DIR");
  const std::string target = set != nullptr ? std::string(set) + "/torch" : folder.path();
  for (const std::string& name : names) {
    INFO(name);
    const Value tree = read(dump_path("torch/" + name + ".pt"));
    save(tree, target + "/" + name + ".again.pt");
    CHECK(load_value(target + "/" + name + ".again.pt").str() == tree.str());
  }
  const TensorMap views = load(target + "/views.again.pt");
  CHECK(views.at("base").is(views.at("same")));
  CHECK(views.at("row").shares_memory_with(views.at("base")));
  CHECK(views.at("row").storage_offset() == 10);
  CHECK(views.at("expanded").strides() == Shape{1, 0});
}

TEST_CASE("an LSTM's state that torch.save wrote gives PyTorch's outputs, and what it has learned goes back",
          "[parity]") {
  const Value saved = read(dump_path("torch/lstm.pt"));
  nn::LSTM lstm(3, 4, {.num_layers = 2, .bidirectional = true});
  CHECK(lstm.load_state_dict(saved["model"]).str() == "<All keys matched successfully>");
  const auto x = saved["x"].as<Tensor>();
  const auto [output, state] = lstm(x);
  CHECK(allclose(output, saved["output"].as<Tensor>(), 1e-5, 1e-6));
  CHECK(allclose(state.first, saved["h"].as<Tensor>(), 1e-5, 1e-6));
  CHECK(allclose(state.second, saved["c"].as<Tensor>(), 1e-5, 1e-6));

  optim::SGD optimizer(lstm.parameters(), {.lr = 0.5});
  output.square().sum().backward();
  optimizer.step();
  const NoGradGuard no_grad;
  const auto [learned, last] = lstm(x);
  CHECK_FALSE(allclose(learned, output));
  TemporaryFolder folder;
  const char* set = std::getenv("TAPER_PARITY_DIR");
  const std::string path = (set != nullptr ? std::string(set) + "/torch" : folder.path()) + "/lstm_by_taper.pt";
  save(Dict{{"model", lstm.state_dict()}, {"x", x}, {"output", learned}, {"h", last.first}, {"c", last.second}}, path);
  nn::LSTM again(3, 4, {.num_layers = 2, .bidirectional = true});
  again.load_state_dict(read(path)["model"]);
  CHECK(same(again(x).first, learned));
}

TEST_CASE("a .pt file has every kind of value and of number") {
  TemporaryFolder folder;
  const Tensor x = tensor({1.0, 2.0, 3.0});
  const List shared{1, 2};
  const Value tree =
      Dict{{"numbers", List{0, 255, 256, 65535, 65536, -1, 2147483647, 2147483648, -2147483649, 0.1, -0.0}},
           {"texts", Value::tuple({"", "말", std::string("a\0b", 3), std::string(300, 'x')})},
           {7, Dict{{-1, None}, {"t", true}, {"f", false}}},
           {"empty", List{List{}, Dict{}, Value::tuple({})}},
           {"one", Value::tuple({x})},
           {"twice", List{shared, shared, x}}};
  save(tree, folder / "a.pt");
  const Value found = load_value(folder / "a.pt");
  CHECK(found.str() == tree.str());
  CHECK(found["one"][0].as<Tensor>().is(found["twice"][2].as<Tensor>()));
  CHECK(std::signbit(found["numbers"][-1].as<double>()));
  save(List{1}, folder / "a.pth");
  CHECK(load_value(folder / "a.pth").str() == "[1]");
  save(Value(x), folder / "a.pt");
  CHECK(same(load(folder / "a.pt").at("arr_0"), x));
}

TEST_CASE("many objects and a storage used by many tensors are saved") {
  TemporaryFolder folder;
  const Tensor all = arange(3000).to(float32);
  TensorMap map;
  for (int i = 0; i < 1000; ++i) map.insert("row" + std::to_string(i), all.narrow(0, 3 * i, 3));
  save(map, folder / "a.pt");
  CHECK(std::filesystem::file_size(folder / "a.pt") < 130000);
  const TensorMap found = load(folder / "a.pt");
  REQUIRE(found.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(same(found.at("row" + std::to_string(i)), map.at("row" + std::to_string(i))));
  CHECK(found.at("row0").shares_memory_with(found.at("row999")));
}

TEST_CASE("a tree of shared parts is written once, and one that is too deep or not for the format is refused") {
  TemporaryFolder folder;
  Value twice = List{1};
  for (int i = 0; i < 20; ++i) twice = Value(List{twice, twice});
  save(twice, folder / "a.pt");
  CHECK(std::filesystem::file_size(folder / "a.pt") < 1000);
  CHECK(load_value(folder / "a.pt")[0][0].size() == 2);
  Value deep;
  for (int i = 0; i < 1000; ++i) deep = Value(List{deep});
  save(deep, folder / "a.pt");
  CHECK(load_value(folder / "a.pt").str() == deep.str());
  CHECK_THROWS_WITH(save(List{deep}, folder / "b.pt"), ContainsSubstring("nested deeper than 1000"));
  CHECK_THROWS_AS(save(List{"\xff"}, folder / "b.pt"), ValueError);
  CHECK_THROWS_WITH(save(Dict{{"epoch", 3}}, folder / "b.npz"),
                    ContainsSubstring("a dict of tensors and nothing else"));
  CHECK_THROWS_WITH(save(Dict{{"epoch", 3}}, folder / "b.bin"), ContainsSubstring("use .pt, .safetensors"));
  CHECK_THROWS_WITH(save({{"x", Tensor()}}, folder / "b.pt"), ContainsSubstring("'x' is undefined"));
  const TensorMap sparse = load(TAPER_TEST_DATA "/torch/sparse.pt");
  CHECK_THROWS_WITH(save(sparse, folder / "b.npz"), ContainsSubstring("tensor 'grad' is sparse"));
  CHECK(folder.entries() == 1);
  save(Dict{{"x", tensor(1)}}, folder / "b.npz");
  CHECK(load(folder / "b.npz").at("x").item<int64_t>() == 1);
}

TEST_CASE("a parameter is saved as a Parameter and what requires a gradient says so") {
  TemporaryFolder folder;
  const nn::Linear layer(2, 2);
  const Tensor x = tensor({1.0}, {.requires_grad = true});
  save({{"w", layer.weight}, {"x", x}, {"y", x * 2}, {"z", x.detach()}}, folder / "a.pt");
  CHECK_THAT(content_of(folder / "a.pt"), ContainsSubstring("_rebuild_parameter"));
  const TensorMap found = load(folder / "a.pt");
  CHECK(found.at("w").requires_grad());
  CHECK(found.at("x").requires_grad());
  CHECK_FALSE(found.at("z").requires_grad());
  CHECK(found.at("z").shares_memory_with(found.at("x")));
}
