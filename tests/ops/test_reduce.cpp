// Reductions of ties, of nothing and of integers.
#include <cmath>

#include "catch.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;

TEST_CASE("topk takes the first of equal ones, in order, and its gradient goes there") {
  const Tensor x = tensor({1.0, 3.0, 2.0, 3.0, 2.0}, {.dtype = float64, .requires_grad = true});
  auto [values, indices] = x.topk(3);
  CHECK(values.to_vector<double>() == std::vector<double>{3, 3, 2});
  CHECK(indices.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 3, 2});
  (values * tensor({1.0, 10.0, 100.0}, float64)).sum().backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{0, 1, 100, 10, 0});
}

TEST_CASE("reductions of nothing are what PyTorch's are") {
  const Tensor nothing = zeros({0, 3});
  CHECK(nothing.sum().item<float>() == 0);
  CHECK(nothing.prod().item<float>() == 1);
  CHECK(std::isnan(nothing.mean().item<float>()));
  CHECK(std::isnan(nothing.var().item<float>()));
  CHECK(nothing.norm().item<float>() == 0);
  CHECK_FALSE(nothing.any().item<bool>());
  CHECK(nothing.all().item<bool>());
  CHECK(nothing.logsumexp(0).to_vector<float>() == std::vector<float>(3, -INFINITY));
  CHECK(nothing.max(1).values.shape() == Shape{0});
  CHECK(nothing.sum(0).shape() == Shape{3});
}

TEST_CASE("integers add and multiply up in int64") {
  const Tensor x = tensor({2000000000, 2000000000, 2}, int32);
  CHECK(x.sum().item<std::int64_t>() == 4000000002);
  CHECK(x.prod().item<std::int64_t>() == 8000000000000000000);
  CHECK(x.cumsum(0).to_vector<std::int64_t>() == std::vector<std::int64_t>{2000000000, 4000000000, 4000000002});
  CHECK(tensor({true, true, false}).sum().item<std::int64_t>() == 2);
}

TEST_CASE("empty braces name all dimensions, braces with numbers those") {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(x.sum({}).item<double>() == 10);
  CHECK(mean(x, {}).item<double>() == 2.5);
  CHECK(x.sum({}, true).shape() == Shape{1, 1});
  CHECK(x.sum({0}).to_vector<double>() == std::vector<double>{4, 6});
  CHECK(x.mean({0, 1}).item<double>() == 2.5);
  CHECK(x.sum(Shape{1}).to_vector<double>() == std::vector<double>{3, 7});
}
