#include <limits>
#include <sstream>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/fmt.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"
#include "taper/tensor/value.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

Value checkpoint() {
  return Dict{{"epoch", 3},
              {"best", 0.25},
              {"name", "small"},
              {"done", true},
              {"nothing", None},
              {"state", Dict{{0, Dict{{"step", 7}, {"exp_avg", tensor({1, 2})}}}}},
              {"betas", Value::tuple({0.9, 0.999})},
              {"params", List{0, 1}}};
}

}  // namespace

TEST_CASE("a value is read as what it was made from") {
  const Value value = checkpoint();
  CHECK(value.size() == 8);
  CHECK(value["epoch"].as<int64_t>() == 3);
  CHECK(value["epoch"].as<int>() == 3);
  CHECK(value["epoch"].as<double>() == 3.0);
  CHECK(value["best"].as<double>() == 0.25);
  CHECK(value["best"].as<float>() == 0.25F);
  CHECK(value["name"].as<std::string>() == "small");
  CHECK(value["done"].as<bool>());
  CHECK(value["nothing"].is_none());
  CHECK(value["state"][0]["exp_avg"].as<Tensor>().to_vector<int64_t>() == std::vector<int64_t>{1, 2});
  CHECK(value["betas"][-1].as<double>() == 0.999);
  CHECK(value["betas"].kind() == Value::Kind::tuple);
  CHECK(value.contains("name"));
  CHECK_FALSE(value.contains("nam"));
  CHECK(value["state"].contains(0));
  CHECK_FALSE(value["state"].contains("0"));
  CHECK_FALSE(value["name"].contains("name"));
  int64_t sum = 0;
  for (const Value& item : value["params"]) sum += item.as<int64_t>();
  CHECK(sum == 1);
}

TEST_CASE("every C++ number, text, map and tensor turns into the value that Python would have") {
  const Tensor x = tensor(1.5);
  const nn::Linear layer(2, 3);
  CHECK(Value(std::uint8_t{200}).kind_name() == std::string("int"));
  CHECK(Value(std::size_t{5}).as<int64_t>() == 5);
  CHECK(Value(2.5F).as<double>() == 2.5);
  CHECK(Value(std::string("a")).kind_name() == std::string("str"));
  CHECK(Value(x).as<Tensor>().is(x));
  CHECK(Value(layer.weight).as<Tensor>().is(layer.weight));
  CHECK(Value(Tensor()).is_none());
  CHECK(Value(TensorMap{{"x", x}})["x"].as<Tensor>().is(x));
  CHECK(Value().kind_name() == std::string("None"));
  CHECK(Value(true).kind_name() == std::string("bool"));
  CHECK_THROWS_AS(Value(std::numeric_limits<std::uint64_t>::max()), ValueError);
}

TEST_CASE("an error names the way to what is wrong and what is there") {
  const Value value = checkpoint();
  CHECK_THROWS_AS(value["stat"], IndexError);
  CHECK_THROWS_WITH(value["state"][0]["exp"], "value['state'][0]: no key 'exp'; there are 2: 'step', 'exp_avg'");
  CHECK_THROWS_WITH(value["state"][1], "value['state']: no key 1; there are 1: 0");
  CHECK_THROWS_WITH(value["betas"][2], "value['betas']: index 2 is outside [-2, 2)");
  CHECK_THROWS_AS(value["betas"]["x"], TypeError);
  CHECK_THROWS_WITH(value["betas"]["x"], "value['betas']: tuple where dict is needed");
  CHECK_THROWS_WITH(value["epoch"][0], "value['epoch']: int 3 where list, tuple or dict is needed");
  CHECK_THROWS_WITH(value["best"].as<int64_t>(), "value['best']: float 0.25 where int is needed");
  CHECK_THROWS_WITH(value["done"].as<int64_t>(), "value['done']: bool True where int is needed");
  CHECK_THROWS_WITH(value["epoch"].as<bool>(), "value['epoch']: int 3 where bool is needed");
  CHECK_THROWS_WITH(value["nothing"].as<Tensor>(), "value['nothing']: None where Tensor is needed");
  CHECK_THROWS_WITH(value["name"].dict(), "value['name']: str where dict is needed");
  CHECK_THROWS_WITH(value.list(), "value: dict where list or tuple is needed");
  CHECK_THROWS_AS(Value(int64_t{1} << 40).as<int>(), ValueError);
  CHECK_THROWS_AS(value["epoch"].size(), TypeError);
  const Value state = value["state"];
  CHECK_THROWS_WITH(state["x"], ContainsSubstring("value['state']: no key 'x'"));
}

TEST_CASE("a value does not change when its copy does") {
  const Value value = checkpoint();
  Dict changed = value.dict();
  changed["epoch"] = 4;
  changed["new"] = List{};
  CHECK(changed.erase("best"));
  CHECK_FALSE(changed.erase("best"));
  CHECK(value["epoch"].as<int>() == 3);
  CHECK(value.size() == 8);
  CHECK(changed.size() == 8);
  CHECK(changed.at("epoch").as<int>() == 4);
  Value copy = value;
  copy = None;
  CHECK(value.kind() == Value::Kind::dict);
}

TEST_CASE("a dict tells numbers from text and keeps its order") {
  Dict dict;
  for (int i = 0; i < 1000; ++i) dict.insert(i, -i);
  for (int i = 0; i < 1000; ++i) dict.insert(std::to_string(i), i);
  CHECK(dict.at(999).as<int>() == -999);
  CHECK(dict.at("999").as<int>() == 999);
  CHECK(dict.begin()->first.str() == "0");
  CHECK(dict.begin()[1000].first.str() == "'0'");
  CHECK(dict.find(-1) == nullptr);
  CHECK_THROWS_WITH(dict.insert("7", 1), "Dict: the key '7' is there already");
  CHECK_THROWS_AS((Dict{{"a", 1}, {"a", 2}}), ValueError);
  CHECK_THROWS_WITH(Dict().at("a"), "Dict: no key 'a'; there are 0");
}

TEST_CASE("a value prints as Python prints it") {
  const Value value = Dict{{"a", List{1, -2.0, 1e-5, 1e16, "it's", "\"'\n\x01", None, true}},
                           {2, Value::tuple({tensor({1.0, 2.0})})},
                           {"e", Value::tuple({})},
                           {"d", Dict{}},
                           {"l", List{List{}, List{1}}}};
  CHECK(value.str() ==
        "{'a': [1, -2.0, 1e-05, 1e+16, \"it's\", '\"\\'\\n\\x01', None, True], 2: (tensor([1., 2.]),), 'e': (), 'd': "
        "{}, 'l': [[], [1]]}");
  std::ostringstream out;
  out << Value("x");
  CHECK(out.str() == "'x'");
  CHECK(fmt::format("{:>4}", Value("x")) == " 'x'");
}

TEST_CASE("a Counter is a dict that prints and is saved as Python's") {
  Dict counts{{2, 1}, {5, 3}, {"x", 1}};
  CHECK_FALSE(counts.is_counter());
  counts.as_counter();
  const Value value = List{counts, Dict().as_counter(), Dict{{1, counts}}};
  CHECK(value.str() == "[Counter({5: 3, 2: 1, 'x': 1}), Counter(), {1: Counter({5: 3, 2: 1, 'x': 1})}]");
  CHECK(value[0].kind_name() == std::string("dict"));
  CHECK(value[0][5].as<int>() == 3);
  CHECK(Value(Dict{{1, "b"}, {0, "a"}}.as_counter()).str() == "Counter({1: 'b', 0: 'a'})");
}

TEST_CASE("the tensors of a tree are found under their joined names") {
  const Value value = Dict{{"model", Dict{{"fc.weight", tensor(1)}}},
                           {"optimizer", Dict{{"state", Dict{{0, Dict{{"step", tensor(2)}, {"lr", 0.1}}}}}}},
                           {"extra", List{tensor(3), 4, Value::tuple({tensor(5)})}}};
  const TensorMap map = value;
  std::string names;
  for (const auto& [name, tensor] : map) names += name + '=' + std::to_string(tensor.item<int64_t>()) + ' ';
  CHECK(names == "model.fc.weight=1 optimizer.state.0.step=2 extra.0=3 extra.2.0=5 ");
  CHECK_THROWS_WITH(TensorMap(Value(Dict{{"a.b", tensor(1)}, {"a", Dict{{"b", tensor(2)}}}})),
                    "value: two tensors would have the name 'a.b'");
  CHECK_THROWS_AS(TensorMap(Value(tensor(1))), TypeError);

  nn::Linear layer(2, 2);
  const Value saved = Dict{{"model", layer.state_dict()}};
  layer.load_state_dict(saved["model"]);
}

TEST_CASE("a tree of a million levels prints and goes away without recursion") {
  Value value;
  for (int i = 0; i < 1000000; ++i) value = Value(List{value});
  const Value other = value[0];
  CHECK(value.str().size() == 2000004);
  CHECK(TensorMap(value).empty());
  value = Dict{{"deep", other}};
  CHECK(value["deep"].size() == 1);
}
