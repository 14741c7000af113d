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
}
