// The gradient of a large table is held by rows until somebody asks for it, and nobody can tell but by the time it
// takes.
#include "autograd/row_gradient.h"
#include "catch.h"
#include "optim/trajectories.h"
#include "taper/autograd/autograd.h"
#include "taper/ops/embedding.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/optim/adam.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"
#include "tensor/extra.h"

using namespace taper;
using namespace taper_test;

namespace {

constexpr std::int64_t rows = 200, dim = 3;

Tensor table(DType dtype) { return parameter(1, {rows, dim}, dtype); }

Tensor some_ids(std::int64_t seed, std::int64_t count = 40) { return tensor(integers(seed, count, 30)); }

// Sends a gradient of uneven numbers into the rows that `ids` names. One that is `lent` has no pointer to it, so that
// its memory may be the gradient's.
void look_up(const Tensor& weight, const Tensor& ids, const EmbeddingOptions& options = {}, bool lent = false) {
  const Tensor cotangent = values(9, {ids.numel(), dim}, weight.dtype());
  embedding(ids, weight, options).backward(lent ? cotangent.clone() : cotangent);
}

// The same gradient, dense from the start: that of a result, which is never held by rows.
Tensor dense_gradient(const Tensor& weight, const Tensor& ids, const EmbeddingOptions& options = {}) {
  Tensor leaf = weight.detach().clone();
  leaf.requires_grad_();
  embedding(ids, leaf * 1, options).backward(values(9, {ids.numel(), dim}, weight.dtype()));
  return leaf.grad();
}

bool row_held(const Tensor& weight) { return detail::is_row_held(detail::held_gradient(weight)); }

}  // namespace

TEST_CASE("a table's gradient held by rows has the dense one's bits once it is asked for", "[optim]") {
  const DType dtype = GENERATE(float32, float64);
  const EmbeddingOptions options = GENERATE(EmbeddingOptions{}, EmbeddingOptions{.padding_idx = 3},
                                            EmbeddingOptions{.padding_idx = 199, .scale_grad_by_freq = true});
  const Tensor weight = table(dtype);
  const Tensor ids = some_ids(4);
  look_up(weight, ids, options, GENERATE(false, true));
  REQUIRE(row_held(weight));
  CHECK_FALSE(weight.grad().is_sparse());
  CHECK(weight.grad().is(weight.grad()));
  CHECK(hash_of({weight.grad()}) == hash_of({dense_gradient(weight, ids, options)}));
  CHECK_FALSE(row_held(weight));
  Tensor other = table(dtype);
  look_up(other, ids.to(int32), options);
  CHECK(hash_of({weight.grad()}) == hash_of({other.grad()}));
}

TEST_CASE("a lookup of more entries than rows, and one that is itself differentiated, makes the dense gradient",
          "[optim]") {
  const Tensor weight = table(float32);
  look_up(weight, some_ids(4, rows + 1));
  CHECK_FALSE(row_held(weight));
  weight.set_grad(Tensor());
  look_up(weight, some_ids(4, rows));
  CHECK(row_held(weight));
  const Tensor other = table(float32);
  embedding(some_ids(4), other).square().sum().backward({.create_graph = true});
  CHECK_FALSE(row_held(other));
  other.set_grad(Tensor());  // with create_graph the gradient's graph holds the leaf: a ring, as in PyTorch
}

TEST_CASE("gradients held by rows add up as dense ones do", "[optim]") {
  const Tensor weight = table(float32);
  const Tensor a = some_ids(4), b = some_ids(5, 20);
  const Tensor expected = dense_gradient(weight, a) + dense_gradient(weight, b);
  const bool lent = GENERATE(false, true);
  SECTION("over two backwards") {
    look_up(weight, a, {}, lent);
    look_up(weight, b, {}, lent);
    CHECK(row_held(weight));
  }
  SECTION("over two lookups in one graph") {
    const Tensor first = embedding(a, weight), second = embedding(b, weight);
    autograd::backward({first, second}, {values(9, {40, dim}, float32), values(9, {20, dim}, float32)});
    CHECK(row_held(weight));
  }
  SECTION("onto a dense one") {
    weight.set_grad(dense_gradient(weight, a));
    const Tensor kept = weight.grad();
    look_up(weight, b, {}, lent);
    CHECK(weight.grad().is(kept));
  }
  SECTION("onto a dense one that lies otherwise in memory") {
    weight.set_grad(dense_gradient(weight, a).t().contiguous().t());
    look_up(weight, b);
  }
  SECTION("onto one that somebody has asked for") {
    look_up(weight, a);
    const Tensor kept = weight.grad();
    look_up(weight, b);
    CHECK(weight.grad().is(kept));
  }
  SECTION("with a sparse one on either side") {
    look_up(weight, a, {}, lent);
    look_up(weight, b, {.sparse = true});
  }
  SECTION("with a sparse one first") {
    look_up(weight, b, {.sparse = true});
    look_up(weight, a, {}, lent);
  }
  SECTION("in one graph with a sparse lookup and one of the whole table") {
    const Tensor first = embedding(a, weight), second = embedding(b, weight, {.sparse = true});
    autograd::backward({first, second, weight * 0},
                       {values(9, {40, dim}, float32), values(9, {20, dim}, float32), zeros({rows, dim})});
  }
  REQUIRE_FALSE(weight.grad().is_sparse());
  const auto sum = weight.grad().to_vector<double>(), wanted = expected.to_vector<double>();
  for (std::size_t i = 0; i < sum.size(); ++i) CHECK(sum[i] == Approx(wanted[i]).epsilon(1e-5));
}

TEST_CASE("hooks and autograd::grad see the dense gradient", "[optim]") {
  const Tensor weight = table(float32);
  const Tensor ids = some_ids(4);
  const auto expected = hash_of({dense_gradient(weight, ids)});
  const Tensor cotangent = values(9, {40, dim}, float32);
  const Tensor direct = autograd::grad({embedding(ids, weight)}, {weight}, {.grad_outputs = {cotangent}})[0];
  CHECK_FALSE(direct.is_sparse());
  CHECK(hash_of({direct}) == expected);
  std::uint64_t seen = 0;
  weight.register_hook([&](const Tensor& g) { seen = g.is_sparse() ? 0 : hash_of({g}); });
  look_up(weight, ids);
  CHECK(seen == expected);
}

TEST_CASE("optimizers step a gradient held by rows to the dense one's bits", "[optim]") {
  Tensor held = table(float32), dense = table(float32);
  const bool lent = GENERATE(false, true);
  const auto run = [&](auto& optimizer) {
    for (std::int64_t t = 0; t < 3; ++t) {
      optimizer.zero_grad();
      look_up(held, some_ids(40 + t), {}, lent);
      look_up(dense, some_ids(40 + t));
      REQUIRE(dense.grad().defined());
      REQUIRE(row_held(held));
      REQUIRE_FALSE(row_held(dense));
      optimizer.step();
    }
    CHECK(hash_of({held}) == hash_of({dense}));
    CHECK(hash_of({held}) != hash_of({table(float32)}));
    CHECK(held.version() == dense.version());
  };
  SECTION("SGD") {
    optim::SGD optimizer({held, dense}, {.lr = 0.1});
    run(optimizer);
  }
  SECTION("SGD with all it has") {
    optim::SGD optimizer({held, dense},
                         {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true, .maximize = true});
    run(optimizer);
  }
  SECTION("Adam") {
    optim::Adam optimizer({held, dense}, {.lr = 0.1});
    run(optimizer);
  }
}

TEST_CASE("a change of the gradient that was asked for reaches the step", "[optim]") {
  Tensor changed = table(float32);
  look_up(changed, some_ids(4));
  changed.grad().zero_();
  optim::SGD optimizer({changed}, {.lr = 0.1});
  optimizer.step();
  CHECK(hash_of({changed}) == hash_of({table(float32)}));
  optimizer.zero_grad();
  look_up(changed, some_ids(4));
  optimizer.zero_grad(false);
  REQUIRE(changed.grad().defined());
  CHECK(changed.grad().to_vector<float>() == std::vector<float>(rows * dim));
}

TEST_CASE("SparseAdam refuses a dense gradient that is held by rows", "[optim]") {
  Tensor weight = table(float32);
  look_up(weight, some_ids(4));
  optim::SparseAdam optimizer({weight});
  CHECK_THROWS_WITH(optimizer.step(), ContainsSubstring("has a dense gradient"));
}
