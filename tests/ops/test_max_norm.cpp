// max_norm writes to a table that a graph may have saved: the gradient is that of what the graph computed.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/embedding.h"
#include "taper/ops/embedding_bag.h"
#include "taper/ops/matmul.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;
using Numbers = std::vector<double>;

namespace {

Tensor table() { return arange(12, {.dtype = float64}).reshape({4, 3}).clone().requires_grad_(); }

void scale_row(const Tensor& weight, std::int64_t row, double max_norm = 1.0) {
  (void)embedding(tensor({row}), weight, {.max_norm = max_norm});
}

}  // namespace

TEST_CASE("a graph that saved the table before max_norm scaled it differentiates what it computed with") {
  const Tensor weight = table();
  const Tensor squares = weight.square();
  scale_row(weight, 3);
  scale_row(weight, 1, 2.0);
  scale_row(weight, 3, 0.5);
  CHECK(weight.to_vector<double>()[11] < 1);
  squares.sum().backward();
  CHECK(weight.grad().to_vector<double>() == Numbers{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22});
}

TEST_CASE("each of several graphs has the table of its own time") {
  const Tensor weight = table();
  const Tensor early = weight.square();
  scale_row(weight, 3);
  const Tensor late = weight.square();
  const Numbers now = weight.to_vector<double>();
  scale_row(weight, 2);
  late.sum().backward();
  const Numbers twice = weight.grad().to_vector<double>();
  for (std::size_t i = 0; i < twice.size(); ++i) CHECK(twice[i] == 2 * now[i]);
  weight.set_grad({});
  early.sum().backward();
  CHECK(weight.grad().to_vector<double>() == Numbers{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22});
}

TEST_CASE("a view of the table and a product with it are saved as they were") {
  const Tensor weight = table();
  const Tensor row = weight.select(0, 3).square();
  const Tensor decoded = mm(ones({2, 3}, float64), weight.t()) * 2;
  const Tensor x = ones({2, 3}, {.dtype = float64, .requires_grad = true});
  const Tensor product = mm(x, weight.t());
  scale_row(weight, 3);
  (row.sum() + decoded.sum() + product.sum()).backward();
  CHECK(weight.grad().to_vector<double>() == Numbers{6, 6, 6, 6, 6, 6, 6, 6, 6, 24, 26, 28});
  CHECK(x.grad().to_vector<double>() == Numbers{18, 22, 26, 18, 22, 26});
}

TEST_CASE("weights of bags learn from the rows that the bags were made of") {
  const Tensor weight = table();
  const Tensor factors = tensor({1.0, 1.0}, float64).requires_grad_();
  const Tensor bag = embedding_bag(tensor({2, 3}), weight, tensor({0}), {.mode = "sum", .per_sample_weights = factors});
  scale_row(weight, 3);
  bag.sum().backward();
  CHECK(factors.grad().to_vector<double>() == Numbers{21, 30});
}

TEST_CASE("second derivatives find the table of the time, and the way back to it") {
  const Tensor weight = table();
  const Tensor cubes = (weight * weight * weight).sum();
  scale_row(weight, 3);
  const Tensor slope = autograd::grad({cubes}, {weight}, {.create_graph = true})[0];
  CHECK(slope.to_vector<double>()[11] == 363);
  slope.sum().backward();
  CHECK(weight.grad().to_vector<double>() == Numbers{0, 6, 12, 18, 24, 30, 36, 42, 48, 54, 60, 66});
}

TEST_CASE("any other change in place between the two is still a GradError") {
  const Tensor weight = table();
  const Tensor squares = weight.square();
  {
    const NoGradGuard no_grad;
    Tensor handle = weight;
    handle.mul_(2);
  }
  scale_row(weight, 3);
  CHECK_THROWS_AS(squares.sum().backward(), GradError);
  const Tensor again = weight.square();
  scale_row(weight, 2);
  {
    const NoGradGuard no_grad;
    Tensor handle = weight;
    handle.mul_(2);
  }
  CHECK_THROWS_AS(again.sum().backward(), GradError);
  CHECK_FALSE(weight.grad().defined());
}

TEST_CASE("what is kept of a table ends with it and is never more than the table") {
  const Tensor weight = table();
  const Tensor first = weight.square();
  for (int i = 0; i < 50; ++i) scale_row(weight, 3, 10.0 / (i + 1));  // each time the row shrinks again
  CHECK_THROWS_AS(first.sum().backward(), GradError);
  const Tensor last = weight.square();
  scale_row(weight, 3, 0.01);
  last.sum().backward();
  CHECK(weight.grad().defined());
}
