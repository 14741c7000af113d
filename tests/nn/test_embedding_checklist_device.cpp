// What PyTorch's own tests assert of lookups on any device: test_embedding.py, TestEmbeddingNNDeviceType. Forward-mode
// differentiation (test_embedding_max_norm_fwd_AD) and CUDA are left out.
#include "catch.h"
#include "nn/bag_reference.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/error.h"
#include "taper/nn/embedding.h"
#include "taper/nn/functional.h"
#include "taper/ops/random.h"

using namespace taper;
using namespace taper_test;
using taper_test::ContainsSubstring;

namespace {

Positions rows(const Tensor& gradient) { return gradient.indices().to_vector<std::int64_t>(); }

}  // namespace

TEST_CASE("test_embedding_dense_grad: first and second derivatives with rows named more than once") {
  const Tensor weight = randn({3, 7}, float64).requires_grad_();
  const auto lookup = [](const Tensor& w) { return embedding(tensor({{0, 1, 2}, {2, 1, 0}, {1, 1, 1}}), w); };
  CHECK(autograd::gradcheck(lookup, {weight}));
  CHECK(autograd::gradgradcheck(lookup, {weight}));
}

TEST_CASE("test_embedding_scalar_weight_error: a table has two dimensions, neither none nor three") {
  for (const Tensor& weight : {tensor(1.0), ones({1, 1, 1})}) {
    CHECK_THROWS_AS(F::embedding(tensor({0}), weight), ShapeError);
    CHECK_THROWS_WITH(F::embedding(tensor({0}), weight), ContainsSubstring("two dimensions"));
  }
}

TEST_CASE("test_embedding_backward: a sparse gradient lists the rows as they were looked up") {
  nn::Embedding table(10, 3, {.sparse = true, .dtype = float64});
  Tensor ids = tensor({7, 1, 3});
  table(ids).sum().backward();
  CHECK(rows(table.weight.grad()) == Positions{7, 1, 3});
  CHECK(table.weight.grad().values().to_vector<double>() == Numbers(9, 1.0));
  table.zero_grad();
  table(ids).sum().backward();
  table(ids).sum().backward();
  ids.fill_(0);
  CHECK(table.weight.grad().coalesce().to_dense().to_vector<double>()[21] == 2);
  for (const std::int64_t row : rows(table.weight.grad())) CHECK((row == 7 || row == 1 || row == 3));
  CHECK(rows(table.weight.grad()) == Positions{7, 1, 3, 7, 1, 3});
}

TEST_CASE("test_embedding_max_norm_backward: the gradient counts what was looked up, whatever was scaled") {
  const Tensor weight = (randn({4, 4}) * 2).requires_grad_();
  const Tensor expected = zeros({4, 4});
  for (const std::int64_t row : {0, 1}) expected[row].fill_(1);
  expected[2].fill_(2);
  F::embedding(tensor({2, 1, 0, 2}), weight, {.max_norm = 1.0}).sum().backward();
  CHECK(same_numbers(weight.grad(), expected));
}

namespace {

// The padding row's gradient after lookups of `padding` times it and some others, and after a double backward.
void check_padding_gradient(bool sparse, std::int64_t padding_count) {
  const std::int64_t padding_idx = 0;
  nn::Embedding table(5, 2, {.padding_idx = padding_idx, .sparse = sparse});
  const Tensor ids = cat({full({padding_count}, padding_idx), tensor({1, 2, 3})});
  table(ids).sum().backward();
  const Tensor gradient = table.weight.grad().to_dense();
  CHECK(gradient[padding_idx].to_vector<double>() == Numbers{0, 0});
  CHECK(gradient.sum().item<double>() == 6);
  if (sparse) return;
  table.zero_grad();
  const Tensor first = autograd::grad({table(ids).square().sum()}, {table.weight}, {.create_graph = true})[0];
  (table(ids).sum() + first.square().sum()).backward();
  CHECK(table.weight.grad()[padding_idx].to_vector<double>() == Numbers{0, 0});
  CHECK(table.weight.grad()[1].to_vector<double>() != Numbers{0, 0});
}

}  // namespace

TEST_CASE("test_embedding_padding_idx: the padding row is zeros at first, is looked up as stored, and never learns") {
  for (const bool sparse : {false, true}) {
    nn::Embedding front(10, 20, {.padding_idx = 0, .sparse = sparse});
    const Tensor out = front(tensor({{0, 2, 4, 5}, {4, 3, 0, 9}}));
    CHECK(out.select(0, 0)[0].to_vector<double>() == Numbers(20));
    CHECK(out.select(0, 1)[2].to_vector<double>() == Numbers(20));
    const nn::Embedding back(10, 20, {.padding_idx = -2, .sparse = sparse});
    CHECK(back(tensor({8}))[0].to_vector<double>() == Numbers(20));
    {
      const NoGradGuard no_grad;
      front.weight[0].fill_(1);
    }
    CHECK(front(tensor({0}))[0].to_vector<double>() == Numbers(20, 1.0));
    CHECK_THROWS_AS(nn::Embedding(10, 20, {.padding_idx = 25, .sparse = sparse}), ValueError);
    CHECK_THROWS_AS(nn::Embedding(10, 20, {.padding_idx = -25, .sparse = sparse}), ValueError);
    for (const std::int64_t count : {1, 2, 1000}) check_padding_gradient(sparse, count);
  }
}

namespace {

// Four indices, then a bag of nothing.
Tensor bag_offsets(bool include_last) { return include_last ? tensor({0, 4, 4}) : tensor({0, 4}); }

void check_1d_padding(DType dtype, const EmbeddingBagOptions& options, const Tensor& ids) {
  const Tensor start = randn({6, 3}, dtype);
  const Tensor flat = start.clone().requires_grad_();
  const Tensor batch = start.clone().requires_grad_();
  const Tensor a = embedding_bag(ids, flat, bag_offsets(options.include_last_offset), options);
  // The same as a matrix; its second row, a bag of nothing, is filled with padding.
  EmbeddingBagOptions in_rows = options;
  in_rows.include_last_offset = false;
  const Tensor b = options.padding_idx ? embedding_bag(stack({ids, full({4}, *options.padding_idx)}), batch, in_rows)
                                       : embedding_bag(ids.unsqueeze(0), batch, in_rows);
  CHECK(near(a.slice(0, 0, b.size(0)), b, 10));
  CHECK(a[1].to_vector<double>() == Numbers(3));
  a.sum().backward();
  b.sum().backward();
  CHECK(near(flat.grad().to_dense(), batch.grad().to_dense(), 10));
}

}  // namespace

TEST_CASE("test_embedding_bag_1D_padding_idx: offsets and a matrix filled up with padding say the same") {
  for (const DType dtype : {float32, float64})
    for (const char* mode : {"sum", "mean", "max"})
      for (const bool sparse : {false, true})
        for (const bool include_last : {false, true})
          for (const std::int64_t padding : {-7, 1, 3, 5}) {
            if (sparse && std::string(mode) == "max") continue;
            CAPTURE(mode, sparse, include_last, padding);
            EmbeddingBagOptions options{.mode = mode, .sparse = sparse, .include_last_offset = include_last};
            if (padding >= 0) options.padding_idx = padding;
            check_1d_padding(dtype, options, tensor({3, 1, 5, 3}));
            if (padding >= 0) check_1d_padding(dtype, options, full({4}, padding));  // padding alone
          }
}

TEST_CASE("test_embedding_bag_2D_padding_idx: a matrix of bags is a masked sum, mean or maximum") {
  for (const DType dtype : {float32, float64})
    for (const char* mode : {"sum", "mean", "max"})
      for (const std::int64_t padding : {0, 1, 3, -1}) {
        CAPTURE(mode, padding);
        const Tensor ids = tensor({{0, 1, 2}, {3, 3, 3}, {1, 1, 0}, {0, 0, 0}, {1, 1, 1}});
        CHECK(BagComparison{ids, randn({4, 5}, dtype), {}, {.mode = mode, .padding_idx = padding}}.agrees());
        const Tensor all = full({1, 3}, padding < 0 ? padding + 4 : padding);
        CHECK(embedding_bag(all, randn({4, 5}, dtype), {.mode = mode, .padding_idx = padding}).to_vector<double>() ==
              Numbers(5));
      }
}

TEST_CASE("test_embedding_bag_empty_input: nothing looked up gives zeros, whatever the index dtypes") {
  const Tensor weight = randn({4, 3});
  for (const DType index : {int32, int64})
    for (const DType offset : {int32, int64})
      for (const bool sparse : {false, true}) {
        const Tensor leaf = weight.clone().requires_grad_();
        const Tensor one = embedding_bag(zeros({0}, index), leaf, zeros({1}, offset), {.sparse = sparse});
        CHECK(one.to_vector<double>() == Numbers(3));
        const Tensor two = embedding_bag(zeros({0}, index), leaf, zeros({2}, offset), {.sparse = sparse});
        CHECK(two.to_vector<double>() == Numbers(6));
        (one.sum() + two.sum()).backward();
        CHECK(leaf.grad().to_dense().to_vector<double>() == Numbers(12));
      }
}

TEST_CASE("test_embedding_bag_out_of_bounds_idx: -1 and 11 of 10 are refused in every mode, at their position") {
  for (const DType dtype : {float32, float64})
    for (const DType index : {int32, int64})
      for (const char* mode : {"sum", "mean", "max"})
        for (const bool padded : {false, true}) {
          const Tensor weight = randn({10, 2}, dtype);
          EmbeddingBagOptions options{.mode = mode};
          if (padded) options.padding_idx = 0;
          for (const std::int64_t bad : {-1, 11}) {
            const Tensor ids = stack({arange(2), full({2}, bad)}).to(index);
            const std::string message = "index " + std::to_string(bad) + " at position [1, 0] is outside [0, 10)";
            CHECK_THROWS_AS(embedding_bag(ids, weight, options), IndexError);
            CHECK_THROWS_WITH(embedding_bag(ids, weight, options), ContainsSubstring(message));
            if (options.mode != "sum") continue;
            EmbeddingBagOptions weighted = options;
            weighted.per_sample_weights = ones({2, 2}, dtype);
            CHECK_THROWS_WITH(embedding_bag(ids, weight, weighted), ContainsSubstring(message));
          }
        }
}
