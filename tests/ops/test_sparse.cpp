// Arithmetic on sparse gradients, as PyTorch 1.13.1 has it.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/embedding.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "tensor/make.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Numbers = std::vector<double>;
using Rows = std::vector<std::int64_t>;

namespace {

// Rows 3, 1, 3 of five: [-2, -1], [0, 1], [2, 3].
Tensor gradient(DType dtype = float32) {
  return detail::make_sparse(tensor({{3, 1, 3}}), (arange(6).reshape({3, 2}) - 2).to(dtype), {5, 2}, false);
}

Rows rows(const Tensor& x) { return x.indices().to_vector<std::int64_t>(); }
Numbers values(const Tensor& x) { return x.values().to_vector<double>(); }

}  // namespace

TEST_CASE("a sparse tensor is scaled entry by entry, uncoalesced as it was") {
  const Tensor g = gradient();
  for (const Tensor& doubled : {g * 2, 2 * g, g * tensor(2.0), tensor(2.0) * g, g / 0.5, g * tensor(2.0, float64)}) {
    CHECK(rows(doubled) == Rows{3, 1, 3});
    CHECK(values(doubled) == Numbers{-4, -2, 0, 2, 4, 6});
    CHECK(doubled.shape() == Shape{5, 2});
    CHECK(doubled.dtype() == float32);
    CHECK_FALSE(doubled.is_coalesced());
  }
  CHECK(values(-g) == Numbers{2, 1, -0.0, -1, -2, -3});
  CHECK((g.coalesce() * 2).is_coalesced());
  CHECK(values(g) == Numbers{-2, -1, 0, 1, 2, 3});
}

TEST_CASE("a sparse tensor is scaled in place, and those that share its values see it") {
  Tensor g = gradient();
  Tensor shared = g.detach();
  g.mul_(0.5);
  CHECK(values(g) == Numbers{-1, -0.5, 0, 0.5, 1, 1.5});
  shared.div_(0.5);
  shared.neg_();
  shared *= 2;
  CHECK(values(g) == Numbers{4, 2, 0, -2, -4, -6});
  CHECK_THROWS_AS(g.div_(tensor({1.0, 2.0})), TypeError);
  g.zero_();
  CHECK(g.values().shape() == Shape{0, 2});
  CHECK(g.indices().shape() == Shape{1, 0});
  CHECK(g.is_coalesced());
}

TEST_CASE("a sparse tensor times a dense one keeps its entries") {
  const Tensor g = gradient();
  const Tensor mask = tensor({{1.0}, {1.0}, {1.0}, {0.0}, {1.0}});
  CHECK(values(g * mask) == Numbers{-0.0, -0.0, 0, 1, 0, 0});
  CHECK(values(g * tensor({2.0, 10.0})) == Numbers{-4, -10, 0, 10, 4, 30});
  CHECK(values(ones({5, 2}) * 3 * g) == Numbers{-6, -3, 0, 3, 6, 9});
  CHECK_THROWS_AS(g * ones({4, 2}), ShapeError);
  CHECK_THROWS_AS(g * ones({3, 5, 2}), ShapeError);
  CHECK_THROWS_AS(g * g, TypeError);
  CHECK_THROWS_AS(g * ones({5, 2}, {.requires_grad = true}), GradError);
}

TEST_CASE("sparse tensors are added by the merge rule, and to dense ones entry by entry") {
  const Tensor g = gradient();
  CHECK(rows(g + g) == Rows{3, 1, 3});
  CHECK(values(g + g) == Numbers{-4, -2, 0, 2, 4, 6});
  CHECK(values(g - g) == Numbers(6));
  CHECK((ones({5, 2}) + g).to_vector<double>() == Numbers{1, 1, 1, 2, 1, 1, 1, 3, 1, 1});
  CHECK((ones({5, 2}) - g).to_vector<double>() == Numbers{1, 1, 1, 0, 1, 1, 1, -1, 1, 1});
  CHECK((ones({5, 2}, float64) + g).dtype() == float64);
  Tensor sum = gradient();
  sum.add_(g);
  sum -= g;
  CHECK(values(sum) == values(g));
  Tensor dense = ones({5, 2});
  const std::uint32_t version = dense.version();
  dense.add_(g);
  CHECK(dense.to_vector<double>() == Numbers{1, 1, 1, 2, 1, 1, 1, 3, 1, 1});
  CHECK(dense.version() > version);
  const Tensor leaf = ones({5, 2}, {.requires_grad = true});
  (leaf * 2 + g).sum().backward();
  CHECK(leaf.grad().to_vector<double>() == Numbers(10, 2.0));
  CHECK_THROWS_WITH(g + ones({5, 2}), ContainsSubstring("add(sparse, dense) is not supported"));
  CHECK_THROWS_AS(g + 1, TypeError);
  CHECK_THROWS_AS(ones({2}) + g, ShapeError);
}

TEST_CASE("a sparse tensor's norm is that of its rows with duplicates summed, its sum that of all entries") {
  const Tensor g = gradient();
  CHECK(g.norm().item<double>() == Approx(std::sqrt(5.0)));
  CHECK(g.norm(1).item<double>() == 3);
  CHECK(g.sum().item<double>() == 3);
  CHECK(g.sum().dim() == 0);
}

TEST_CASE("a sparse tensor is cloned, detached, copied and converted") {
  const Tensor g = gradient();
  Tensor copy = g.clone();
  copy.mul_(2);
  CHECK(values(g) == Numbers{-2, -1, 0, 1, 2, 3});
  CHECK(g.to(float64).dtype() == float64);
  CHECK(values(g.to(float64)) == values(g));
  CHECK(rows(g.detach()) == rows(g));
  copy.copy_(g);
  CHECK(values(copy) == values(g));
  CHECK(values(gradient(int64) / 2) == Numbers{-1, -0.5, 0, 0.5, 1, 1.5});
}

TEST_CASE("what a sparse tensor cannot do is refused and changes nothing") {
  Tensor g = gradient();
  Tensor dense = ones({5, 2});
  CHECK_THROWS_AS(dense.copy_(g), TypeError);
  CHECK_THROWS_AS(g.copy_(dense), TypeError);
  CHECK_THROWS_AS(g.fill_(1), TypeError);
  CHECK_THROWS_AS(g.exp(), TypeError);
  CHECK_THROWS_AS(g.select(0, 1), TypeError);
  CHECK_THROWS_AS(g.contiguous().data<float>(), TypeError);
  CHECK_THROWS_AS(g.add_(dense), TypeError);
  CHECK_THROWS_AS(dense.mul_(g), Error);
  CHECK(values(g) == Numbers{-2, -1, 0, 1, 2, 3});
  CHECK(dense.to_vector<double>() == Numbers(10, 1.0));
}

TEST_CASE("a hook may scale a sparse gradient, in place or not, and the next backward adds to it") {
  const Tensor ids = tensor({4, 1, 4});
  for (const bool in_place : {false, true}) {
    const Tensor weight = zeros({5, 2}, {.requires_grad = true});
    weight.register_hook([&](const Tensor& g) {
      if (!in_place) return g * 0.5;
      Tensor halved = g.clone();
      return halved.mul_(0.5);
    });
    embedding(ids, weight, {.sparse = true}).sum().backward();
    CHECK(rows(weight.grad()) == Rows{4, 1, 4});
    CHECK(values(weight.grad()) == Numbers(6, 0.5));
    (embedding(ids, weight, {.sparse = true}) * 4).sum().backward();
    CHECK(weight.grad().to_dense().to_vector<double>() == Numbers{0, 0, 2.5, 2.5, 0, 0, 0, 0, 5, 5});
  }
}
