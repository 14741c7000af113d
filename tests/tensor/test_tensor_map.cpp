#include "catch.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/tensor/tensor_map.h"

using namespace taper;
using taper_test::ContainsSubstring;

TEST_CASE("a tensor map keeps the order in which names came") {
  TensorMap map{{"z", tensor(1)}, {"a", tensor(2)}};
  map["m"] = tensor(3);
  map["z"] = tensor(4);
  std::string names;
  for (const auto& [name, value] : map) names += name + std::to_string(value.item<int64_t>()) + ' ';
  CHECK(names == "z4 a2 m3 ");
  CHECK(map.erase("a"));
  CHECK_FALSE(map.erase("a"));
  CHECK_FALSE(map.contains("a"));
  CHECK(map.at("m").item<int64_t>() == 3);
  CHECK(map.size() == 2);
}

TEST_CASE("a tensor map finds each of many names and no other") {
  TensorMap map;
  for (int i = 0; i < 1000; ++i) map.insert("name" + std::to_string(i), tensor(i));
  for (int i = 0; i < 1000; ++i) CHECK(map.at("name" + std::to_string(i)).item<int64_t>() == i);
  CHECK(map.find("name1000") == nullptr);
  CHECK(map.find("") == nullptr);
}

TEST_CASE("a tensor map says what is missing and what comes twice") {
  TensorMap map{{"weight", tensor(1)}, {"bias", tensor(2)}};
  CHECK_THROWS_AS(map.at("wieght"), IndexError);
  CHECK_THROWS_WITH(map.at("wieght"), "TensorMap: no tensor 'wieght'; there are 2: 'weight', 'bias'");
  CHECK_THROWS_AS(map.insert("bias", tensor(3)), ValueError);
  CHECK(map.at("bias").item<int64_t>() == 2);
  CHECK_THROWS_AS(TensorMap().at("x"), IndexError);
  CHECK_THROWS_WITH(TensorMap().at("x"), "TensorMap: no tensor 'x'; the map is empty");
}
