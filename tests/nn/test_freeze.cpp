#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/nn/freeze.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"
#include "taper/optim/adam.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"

using namespace taper;
using Numbers = std::vector<double>;
using Rows = std::vector<std::int64_t>;

namespace {

template <class Optimizer>
void three_steps(nn::Embedding& table, Optimizer& optimizer) {
  for (int i = 0; i < 3; ++i) {
    optimizer.zero_grad();
    table(tensor({0, 1, 3, 1})).square().sum().backward();
    optimizer.step();
  }
}

// Rows 1 and 4 stay to the bit; the others learn as without freezing.
template <class Options, class Make>
void check_frozen(const nn::EmbeddingOptions& options, const Make& make, const Options& how) {
  manual_seed(1);
  nn::Embedding table(5, 3, options);
  nn::Embedding free = table;
  const Tensor start = table.weight.detach().clone();
  table.freeze_rows(tensor({4, 1}));
  auto optimizer = make(table.weight, how);
  auto other = make(free.weight, how);
  three_steps(table, optimizer);
  three_steps(free, other);
  for (const std::int64_t row : {1, 4}) CHECK(table.weight[row].to_vector<double>() == start[row].to_vector<double>());
  for (const std::int64_t row : {0, 2, 3})
    CHECK(table.weight[row].to_vector<double>() == free.weight[row].to_vector<double>());
  CHECK(table.weight[0].to_vector<double>() != start[0].to_vector<double>());
}

}  // namespace

TEST_CASE("frozen rows stay to the bit under momentum, weight decay and running means, the others learn as ever") {
  const auto sgd = [](const Tensor& p, const optim::SGDOptions& o) { return optim::SGD({p}, o); };
  const auto adam = [](const Tensor& p, const optim::AdamOptions& o) { return optim::Adam({p}, o); };
  const auto sparse = [](const Tensor& p, const optim::SparseAdamOptions& o) { return optim::SparseAdam({p}, o); };
  check_frozen({}, sgd, optim::SGDOptions{.lr = 0.1});
  check_frozen({}, sgd, optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true});
  check_frozen({}, adam, optim::AdamOptions{.lr = 0.1, .weight_decay = 0.1});
  check_frozen({.sparse = true}, sgd, optim::SGDOptions{.lr = 0.1});
  check_frozen({.sparse = true}, sgd, optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
  check_frozen({.sparse = true}, sparse, optim::SparseAdamOptions{.lr = 0.1});
}

TEST_CASE("the gradient of a frozen row is zero, or is not there where gradients are sparse") {
  nn::Embedding dense(4, 2);
  dense.freeze_rows(tensor({2}, int32));
  dense(tensor({2, 0, 2})).sum().backward();
  CHECK(dense.weight.grad().to_vector<double>() == Numbers{1, 1, 0, 0, 0, 0, 0, 0});
  nn::Embedding sparse(4, 2, {.sparse = true});
  sparse.freeze_rows(tensor({2}));
  sparse(tensor({2, 0, 2, 3})).sum().backward();
  CHECK(sparse.weight.grad().indices().to_vector<std::int64_t>() == Rows{0, 3});
  CHECK(sparse.weight.grad().values().to_vector<double>() == Numbers(4, 1.0));
  nn::EmbeddingBag bag(4, 2, {.mode = "sum"});
  bag.freeze_rows(tensor({2}));
  bag(tensor({{2, 1}})).sum().backward();
  CHECK(bag.weight.grad().to_vector<double>() == Numbers{0, 0, 1, 1, 0, 0, 0, 0});
  const Tensor by_hand = autograd::grad({dense(tensor({2, 1})).sum()}, {dense.weight})[0];
  CHECK(by_hand.to_vector<double>() == Numbers{0, 0, 1, 1, 0, 0, 0, 0});
}

TEST_CASE("rows frozen one after another add up, and thaw again") {
  nn::Embedding table(5, 2);
  table.freeze_rows(tensor({3, 1})).freeze_rows(tensor({0, 3}));
  CHECK(nn::frozen_rows(table.weight).to_vector<std::int64_t>() == Rows{0, 1, 3});
  table.freeze_rows(tensor({1, 2}), false);
  CHECK(nn::frozen_rows(table.weight).to_vector<std::int64_t>() == Rows{0, 3});
  table.freeze_rows(arange(5), false);
  table(tensor({0})).sum().backward();
  CHECK(table.weight.grad()[0].to_vector<double>() == Numbers{1, 1});
  CHECK(nn::frozen_rows(zeros({2, 2})).numel() == 0);
}

TEST_CASE("a copy of a table has the same rows frozen, of its own") {
  nn::Embedding table(3, 2);
  table.freeze_rows(tensor({1}));
  nn::Embedding copy = table;
  copy.freeze_rows(tensor({1}), false);
  copy(tensor({1})).sum().backward();
  table(tensor({1})).sum().backward();
  CHECK(copy.weight.grad()[1].to_vector<double>() == Numbers{1, 1});
  CHECK(table.weight.grad()[1].to_vector<double>() == Numbers{0, 0});
}

TEST_CASE("rows that there are not cannot be frozen") {
  nn::Embedding table(3, 2);
  CHECK_THROWS_AS(table.freeze_rows(tensor({3})), IndexError);
  CHECK_THROWS_AS(table.freeze_rows(tensor({-1})), IndexError);
  CHECK_THROWS_AS(table.freeze_rows(tensor({0.5})), TypeError);
  CHECK_THROWS_AS(nn::freeze_rows(tensor(1.0), tensor({0})), ShapeError);
  CHECK(nn::frozen_rows(table.weight).numel() == 0);
}
