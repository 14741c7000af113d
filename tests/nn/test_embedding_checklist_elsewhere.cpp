// What PyTorch's tests outside test_embedding.py assert of lookups and sparse gradients, and what it does not test.
#include "catch.h"
#include "nn/bag_reference.h"
#include "taper/base/error.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/nn/functional.h"
#include "taper/nn/utils.h"
#include "taper/ops/random.h"
#include "taper/optim/adagrad.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"
#include "tensor/make.h"

using namespace taper;
using namespace taper_test;
using taper_test::ContainsSubstring;

namespace {

Tensor coo(const Positions& at, const Tensor& values, const Shape& shape) {
  const auto count = static_cast<std::int64_t>(at.size());
  return detail::make_sparse(positions(at).reshape({1, count}), values, shape, count < 2);
}

}  // namespace

TEST_CASE("test_no_grad_copy_sparse: a sparse gradient that nobody else holds is taken over, any other is copied") {
  const Tensor weight = zeros({5, 2}, {.requires_grad = true});
  const Tensor other = zeros({5, 2}, {.requires_grad = true});
  const Tensor ids = tensor({1, 3});
  // The cotangent is the gradient's values as they are, and the user holds it: it has to be copied.
  const Tensor g = ones({2, 2});
  F::embedding(ids, weight, {.sparse = true}).backward(g);
  CHECK_FALSE(weight.grad().values().shares_memory_with(g));
  weight.set_grad({});
  // One cotangent for two tables: they do not share it either.
  const Tensor both = F::embedding(ids, weight, {.sparse = true}) + F::embedding(ids, other, {.sparse = true});
  both.sum().backward();
  CHECK_FALSE(weight.grad().values().shares_memory_with(other.grad().values()));
  CHECK(weight.grad().values().is_contiguous());
  CHECK(weight.grad().indices().is_contiguous());
  // Ten times over the same graph.
  weight.set_grad({});
  const Tensor loss = (F::embedding(ids, weight, {.sparse = true}) * 3).sum();
  for (int i = 0; i < 10; ++i) loss.backward({.retain_graph = true});
  CHECK(weight.grad().coalesce().values().to_vector<double>() == Numbers(4, 30.0));
}

TEST_CASE("test_sparse_backward: sparse and dense gradients of one tensor add up in any order") {
  const Shape shape{3, 2};
  const Tensor first = coo({0, 2}, tensor({{1.0, 2.0}, {3.0, 4.0}}), shape);
  const Tensor second = coo({2, 1}, tensor({{5.0, 6.0}, {7.0, 8.0}}), shape);
  const Tensor dense = full(shape, 10.0);
  const Numbers all{11, 12, 17, 18, 18, 20};
  const Tensor orders[][3] = {{first, dense, second}, {dense, first, second}, {first, second, dense}};
  for (const auto& order : orders) {
    const Tensor x = zeros(shape, {.requires_grad = true});
    for (const Tensor& g : order) {
      HookHandle hook = x.register_hook([g](const Tensor&) { return g; });
      (x * 1).sum().backward();
      hook.remove();
    }
    CHECK(x.grad().to_dense().to_vector<double>() == all);
  }
  const Tensor x = zeros(shape, {.requires_grad = true});
  const Tensor ids = tensor({0, 2});
  const Tensor cotangent = tensor({{1.0, 2.0}, {3.0, 4.0}});
  // Sparse, dense and sparse in one backward.
  const Tensor sum = (F::embedding(ids, x, {.sparse = true}) * cotangent).sum() + (x * 10).sum() +
                     (F::embedding(ids, x, {.sparse = true}) * cotangent).sum();
  sum.backward();
  CHECK_FALSE(x.grad().is_sparse());
  CHECK(x.grad().to_vector<double>() == Numbers{12, 14, 10, 10, 16, 18});
}

namespace {

// The Rosenbrock function and its gradient along one coordinate, as test_optim has it.
double rosenbrock(const Numbers& p) { return std::pow(1 - p[0], 2) + 100 * std::pow(p[1] - p[0] * p[0], 2); }

Tensor rosenbrock_gradient(const Tensor& p, bool sparse, std::int64_t at) {
  const Numbers v = p.to_vector<double>();
  const double x = v[0];
  const double y = v[1];
  const Numbers g{-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)};
  const double here = g[static_cast<std::size_t>(at)];
  if (!sparse) {
    Numbers dense(2);
    dense[static_cast<std::size_t>(at)] = here;
    return tensor(dense, float64);
  }
  // Uncoalesced: half of it twice, and the neighbour's nothing.
  return coo({at, at, 1 - at}, tensor({here / 2, here - here / 2, 0.0}, float64), {2});
}

template <class Make>
void check_rosenbrock(const Make& make, bool dense_too = true) {
  const Tensor sparse = tensor({1.5, 1.5}, float64).requires_grad_();
  const Tensor dense = tensor({1.5, 1.5}, float64).requires_grad_();
  auto on_sparse = make(sparse);
  auto on_dense = make(dense);
  const Numbers start = sparse.to_vector<double>();
  for (int i = 0; i < 2000; ++i) {
    sparse.set_grad(rosenbrock_gradient(sparse, true, i % 2));
    on_sparse.step();
    if (!dense_too) continue;
    dense.set_grad(rosenbrock_gradient(dense, false, i % 2));
    on_dense.step();
    if (i % 100 == 0)
      for (std::size_t k = 0; k < 2; ++k)
        CHECK(sparse.to_vector<double>()[k] == Approx(dense.to_vector<double>()[k]).epsilon(1e-6));
  }
  const Numbers end = sparse.to_vector<double>();
  CHECK(rosenbrock(end) < rosenbrock(start));
  CHECK(std::hypot(end[0] - 1, end[1] - 1) < std::hypot(start[0] - 1, start[1] - 1));
}

}  // namespace

TEST_CASE("test_sgd_sparse: uncoalesced gradients take SGD where dense ones take it") {
  check_rosenbrock([](const Tensor& p) { return optim::SGD({p}, {.lr = 5e-3}); });
}

TEST_CASE("test_adagrad_sparse: uncoalesced gradients take Adagrad where dense ones take it") {
  check_rosenbrock([](const Tensor& p) { return optim::Adagrad({p}, {.lr = 1e-1}); });
}

TEST_CASE("test_sparse_adam: uncoalesced gradients take it nearer, also when it climbs, and what it refuses") {
  check_rosenbrock([](const Tensor& p) { return optim::SparseAdam({p}, {.lr = 4e-2}); }, false);
  const Tensor p = zeros({2}, {.requires_grad = true});
  CHECK_THROWS_WITH(optim::SparseAdam({p}, {.betas = {1.0, 0.0}}), ContainsSubstring("1"));
  CHECK_THROWS_AS(optim::SparseAdam({p}, {.betas = {1.0, 0.0}}), ValueError);
  CHECK_THROWS_AS(optim::SparseAdam({coo({0}, ones({1, 2}), {3, 2})}, {}), Error);
  optim::SparseAdam up({p}, {.lr = 0.1, .maximize = true});
  p.set_grad(coo({0, 1}, tensor({1.0, 1.0}), {2}));
  up.step();
  CHECK(p.to_vector<double>()[0] > 0);
}

TEST_CASE("test_embedding_renorm_grad_error: PyTorch's error is the right gradient here") {
  const Tensor weight = (randn({4, 3}, float64) * 5).requires_grad_();
  const Numbers before = weight.to_vector<double>();
  const Tensor squares = weight.square();
  F::embedding(tensor({0, 1}), weight, {.max_norm = 1.0}).sum().backward();
  squares.sum().backward();
  const Numbers gradient = weight.grad().to_vector<double>();
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(gradient[i] == Approx(2 * before[i] + (i < 6 ? 1 : 0)));
}

TEST_CASE("a negative index is refused even though padding_idx may be negative") {
  CHECK_THROWS_AS(F::embedding(tensor({-1}), ones({4, 3}), {.padding_idx = -1}), IndexError);
  CHECK_THROWS_AS(F::embedding_bag(tensor({{-1}}), ones({4, 3}), {.padding_idx = -1}), IndexError);
}

TEST_CASE("max_norm with an index outside the table changes no row") {
  for (const std::int64_t bad : {-1, 4}) {
    const Tensor weight = full({4, 3}, 5.0);
    CHECK_THROWS_AS(F::embedding(tensor(Positions{0, bad}), weight, {.max_norm = 1.0}), IndexError);
    CHECK(weight.to_vector<double>() == Numbers(12, 5.0));
  }
}

TEST_CASE("rows whose norm is max_norm are left alone") {
  const Tensor weight = tensor({{3.0, 4.0}, {6.0, 8.0}});
  F::embedding(tensor({0, 1}), weight, {.max_norm = 5.0});
  CHECK(weight[0].to_vector<double>() == Numbers{3, 4});
  CHECK(weight[1].norm().item<double>() == Approx(5.0));
}

TEST_CASE("scale_grad_by_freq counts over the whole index tensor") {
  const Tensor weight = zeros({4, 1}, {.requires_grad = true});
  F::embedding(tensor({{1, 2}, {1, 1}}), weight, {.scale_grad_by_freq = true})
      .backward(tensor({{{3.0}, {5.0}}, {{6.0}, {9.0}}}));
  CHECK(weight.grad().to_vector<double>() == Numbers{0, 6, 5, 0});
}

TEST_CASE("zero_grad on a sparse gradient, then another backward") {
  for (const bool set_to_none : {true, false}) {
    nn::Embedding table(5, 2, {.sparse = true});
    table(tensor({3, 1})).sum().backward();
    optim::SGD optimizer(table.parameters(), {.lr = 0.1});
    optimizer.zero_grad(set_to_none);
    table(tensor({2})).sum().backward();
    CHECK(table.weight.grad().to_dense().to_vector<double>() == Numbers{0, 0, 0, 0, 1, 1, 0, 0, 0, 0});
  }
}

TEST_CASE("weight decay moves the padding row, as in PyTorch") {
  nn::Embedding table(3, 2, {.padding_idx = 0, ._weight = full({3, 2}, 7.0)});
  optim::SGD optimizer(table.parameters(), {.lr = 0.1, .weight_decay = 0.5});
  table(tensor({0, 1})).sum().backward();
  optimizer.step();
  CHECK(table.weight[0].to_vector<double>()[0] == Approx(6.65));
}

TEST_CASE("clip_grad_norm_ clips sparse gradients, duplicates summed") {
  nn::Embedding table(4, 1, {.sparse = true});
  table(tensor({2, 2, 0})).backward(tensor({{3.0}, {1.0}, {3.0}}));
  const Tensor norm = nn::utils::clip_grad_norm_(table.parameters(), 1.0);
  CHECK(norm.item<double>() == Approx(5));
  CHECK(table.weight.grad().norm().item<double>() == Approx(1));
  const Tensor largest = nn::utils::clip_grad_norm_(table.parameters(), 0.1, {.norm_type = INFINITY});
  CHECK(largest.item<double>() == Approx(0.8));
  nn::utils::clip_grad_value_(table.parameters(), 0.09);
  CHECK(table.weight.grad().to_dense().to_vector<double>()[2] == Approx(0.09));
}

TEST_CASE("EmbeddingBag's scale_grad_by_freq divides by the index's own count") {
  nn::EmbeddingBag bag(4, 1, {.scale_grad_by_freq = true, .mode = "sum"});
  bag(tensor({1, 1, 2, 3, 3, 3}), tensor({0})).sum().backward();
  CHECK(near(bag.weight.grad(), tensor({{0.0}, {1.0}, {1.0}, {1.0}})));
}

TEST_CASE("include_last_offset with a last offset below the input's length is refused in every mode") {
  for (const char* mode : {"sum", "mean", "max"})
    CHECK_THROWS_AS(
        F::embedding_bag(tensor({0, 1, 2}), ones({4, 3}), tensor({0, 2}), {.mode = mode, .include_last_offset = true}),
        ValueError);
}

TEST_CASE("offsets that do not ascend are refused in every mode") {
  for (const char* mode : {"sum", "mean", "max"}) {
    CHECK_THROWS_AS(F::embedding_bag(tensor({0, 1, 2}), ones({4, 3}), tensor({0, 2, 1}), {.mode = mode}), ValueError);
    CHECK_THROWS_WITH(F::embedding_bag(tensor({0, 1, 2}), ones({4, 3}), tensor({0, 2, 1}), {.mode = mode}),
                      ContainsSubstring("offsets[2] is 1, below offsets[1], which is 2"));
  }
}

TEST_CASE("tied weights: a table looked up with sparse gradients and used whole has the dense sum") {
  nn::Embedding table(4, 3, {.sparse = true, .dtype = float64});
  const Tensor h = table(tensor({1, 2, 1}));
  const Tensor scores = (h.detach().matmul(table.weight.t())).sum();
  (h.sum() + scores).backward();
  const Tensor gradient = table.weight.grad();
  CHECK_FALSE(gradient.is_sparse());
  const Tensor expected = h.detach().sum(0).expand({4, 3}) + tensor({{0.0}, {2.0}, {1.0}, {0.0}}, float64);
  CHECK(near(gradient, expected, 10));
  // And in two backwards, whichever comes first.
  for (const bool sparse_first : {true, false}) {
    table.zero_grad();
    for (const bool sparse : {sparse_first, !sparse_first})
      (sparse ? table(tensor({1, 2, 1})).sum() : (table.weight * 2).sum()).backward();
    CHECK(table.weight.grad().to_dense().sum(1).to_vector<double>() == Numbers{6, 12, 9, 6});
  }
}
