#include "catch.h"
#include "taper/ops/create.h"

using namespace taper;

TEST_CASE("nested braces make the tensor that they look like") {
  CHECK(tensor({{0}, {1}}).shape() == Shape{2, 1});
  CHECK(tensor({{0.5}, {1.5}}).shape() == Shape{2, 1});
  CHECK(tensor({{0.5}, {1.5}}, {.dtype = float64}).to_vector<double>() == std::vector<double>{0.5, 1.5});
  CHECK(tensor({{{0.5}}}).shape() == Shape{1, 1, 1});
  CHECK(tensor({4}).shape() == Shape{1});
  const Tensor mixed = tensor({{1, 0.5}, {2, 3}});
  CHECK(mixed.dtype() == float32);
  CHECK(mixed.to_vector<double>() == std::vector<double>{1, 0.5, 2, 3});
  CHECK(tensor({1, 2.5}).to_vector<double>() == std::vector<double>{1, 2.5});
  const Tensor wide = tensor({{9007199254740993, 1}, {2, 3}});
  CHECK(wide.dtype() == int64);
  CHECK(wide.to_vector<std::int64_t>() == std::vector<std::int64_t>{9007199254740993, 1, 2, 3});
  CHECK(tensor({1, 9007199254740993}).dtype() == int64);
}

TEST_CASE("braces that mix kinds of integers are integers, and bools beside them are, too") {
  const std::int64_t large = 1LL << 40;
  const Tensor mixed = tensor({0, large});
  CHECK(mixed.dtype() == int64);
  CHECK(mixed.to_vector<std::int64_t>() == std::vector<std::int64_t>{0, large});
  CHECK(tensor({{1, large}, {2, 3}}).dtype() == int64);
  CHECK(tensor({true, 2}).dtype() == int64);
  CHECK(tensor({1.0F, 2.5}).dtype() == float32);
}
