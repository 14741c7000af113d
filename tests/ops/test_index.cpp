// Index expressions, and writing by them.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;

TEST_CASE("index_put_ hands gradients on to what was written and stops those of what was overwritten") {
  const Tensor x = ones({3, 2}, {.requires_grad = true});
  const Tensor value = tensor({5.0, 6.0}, {.requires_grad = true});
  Tensor y = x * 1;
  y.index_put_({tensor({2, 0})}, value);
  CHECK(y.grad_fn_name() == "IndexPutBackward0");
  CHECK(y.to_vector<float>() == std::vector<float>{5, 6, 1, 1, 5, 6});
  (y * tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}})).sum().backward();
  CHECK(x.grad().to_vector<float>() == std::vector<float>{0, 0, 3, 4, 0, 0});
  CHECK(value.grad().to_vector<float>() == std::vector<float>{6, 8});

  Tensor z = x * 1;
  z.index_put_({1, tensor({0})}, 7);
  CHECK(z.to_vector<float>() == std::vector<float>{1, 1, 7, 1, 1, 1});
  z.index_put_({Slice(0, 2), 1}, tensor({8.0, 9.0}));
  CHECK(z.to_vector<float>() == std::vector<float>{1, 8, 7, 9, 1, 1});
}

TEST_CASE("a refused write leaves the numbers alone") {
  Tensor x = zeros({3, 2});
  CHECK_THROWS_AS(x.index_put_({tensor({0, 3})}, 1), IndexError);
  CHECK_THROWS_WITH(x.index_put_({tensor({0, 1})}, ones({3})), ContainsSubstring("index_put_: shapes [2, 2] and [3]"));
  CHECK(x.to_vector<float>() == std::vector<float>(6, 0));
  Tensor leaf = zeros({3}, {.requires_grad = true});
  CHECK_THROWS_AS(leaf.index_put_({tensor({0})}, 1), GradError);
  CHECK(leaf.to_vector<float>() == std::vector<float>(3, 0));
}

TEST_CASE("index tensors that do not broadcast are told as the index's fault") {
  CHECK_THROWS_WITH(zeros({4, 4}).index({tensor({1, 2, 3}), tensor({0, 1})}),
                    ContainsSubstring("index: shapes [3] and [2] do not broadcast"));
}

TEST_CASE("integers and slices make views, tensors make copies") {
  Tensor x = arange(6).reshape({2, 3});
  CHECK(x[1].shares_memory_with(x));
  CHECK(x.index({Ellipsis, Slice(1, {})}).shares_memory_with(x));
  CHECK_FALSE(x[tensor({1})].shares_memory_with(x));
  x[1].fill_(9);
  CHECK(x.to_vector<int>() == std::vector<int>{0, 1, 2, 9, 9, 9});
}

TEST_CASE("an index changed between forward and backward is found") {
  const Tensor weight = ones({4, 2}, {.requires_grad = true});
  Tensor rows = tensor({1, 2});
  const Tensor out = weight[rows];
  rows.copy_(tensor({0, 0}));
  CHECK_THROWS_AS(out.sum().backward(), GradError);
}

TEST_CASE("one_hot, nonzero and scatter of one place more than once") {
  CHECK(one_hot(tensor({1, 0})).to_vector<int>() == std::vector<int>{0, 1, 1, 0});
  CHECK(one_hot(tensor(2, int32), 3).shape() == Shape{3});
  CHECK(nonzero(tensor({{0, 3}, {4, 0}})).to_vector<int>() == std::vector<int>{0, 1, 1, 0});
  CHECK(nonzero(tensor(2)).shape() == Shape{1, 0});
  CHECK(scatter(zeros({3}), 0, tensor({1, 1}), tensor({2.0, 5.0})).to_vector<int>() == std::vector<int>{0, 5, 0});
  CHECK(scatter_add(zeros({3}), 0, tensor({1, 1}), tensor({2.0, 5.0})).to_vector<int>() == std::vector<int>{0, 7, 0});
  CHECK(index_add(zeros({2, 3}), 1, tensor({2, 2}), ones({2, 2}), 3).to_vector<int>() ==
        std::vector<int>{0, 0, 6, 0, 0, 6});
}

TEST_CASE("brackets take a slice, None and ... as Python's do") {
  const Tensor x = arange(12).view({4, 3});
  CHECK(x[Slice(1, 3)].to_vector<std::int64_t>() == std::vector<std::int64_t>{3, 4, 5, 6, 7, 8});
  CHECK(x[Slice(None, 1)].equal(x[{0, 1}]));
  CHECK(x[Slice(-1, None)].equal(x[3].unsqueeze(0)));
  CHECK(x[Slice(None, None, 2)].equal(x[Slice({}, {}, 2)]));
  CHECK(x[Slice(None, None, 2)].strides() == Shape{6, 1});
  CHECK(x[None].shape() == Shape{1, 4, 3});
  CHECK(x[Ellipsis].shape() == x.shape());
  CHECK(x[Slice(1, 3)].shares_memory_with(x));
  CHECK(x.index({Ellipsis, Slice(None, 2)}).shape() == Shape{4, 2});
  const Tensor w = ones({3, 2}, {.requires_grad = true});
  CHECK_THAT(w[Slice(0, 2)].str(), ContainsSubstring("grad_fn=<SliceBackward0>"));
  CHECK(x.amax(1).equal(x.amax({1})));
  CHECK(x.amin(-1, true).shape() == Shape{4, 1});
}

TEST_CASE("isclose, allclose and equal are methods, too") {
  const Tensor a = tensor({1.0, 2.0, NAN}), b = tensor({1.0, 2.1, NAN});
  CHECK(a.isclose(b, 0.1).to_vector<bool>() == std::vector<bool>{true, true, false});
  CHECK(a.isclose(b, 0.0, 0.0, true).to_vector<bool>() == std::vector<bool>{true, false, true});
  CHECK(a.allclose(b, 0.1, 0.0, true));
  CHECK_FALSE(a.allclose(a));
  CHECK_FALSE(a.equal(a));
  CHECK(b[Slice(0, 2)].equal(b[Slice(0, 2)]));
}
