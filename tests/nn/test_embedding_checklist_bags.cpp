// What PyTorch's own tests assert of nn.EmbeddingBag: test_embedding.py, TestEmbeddingNNDeviceType and its helpers.
// Half precision and bfloat16 (test_embedding_bag_half, test_embedding_bag_bfloat16) and CUDA are left out.
#include "catch.h"
#include "nn/bag_reference.h"
#include "taper/base/error.h"
#include "taper/nn/embedding_bag.h"
#include "taper/nn/functional.h"
#include "taper/ops/random.h"

using namespace taper;
using namespace taper_test;
using taper_test::ContainsSubstring;

namespace {

const DType kFloats[] = {float32, float64};
const DType kIndices[] = {int32, int64};

Tensor ten(DType dtype) { return arange(1, 11, 1, {.dtype = dtype}).reshape({5, 2}); }

}  // namespace

TEST_CASE("test_EmbeddingBag_per_sample_weights_failures: dtype, size and mode have to fit") {
  for (const DType index : kIndices) {
    const nn::EmbeddingBag bag(5, 2, {.mode = "sum"});
    const Tensor ids = tensor({3, 1, 1, 1, 4, 0}).to(index);
    const Tensor offsets = tensor({0, 0, 3, 3, 6}).to(index);
    CHECK_THROWS_AS(bag(ids, offsets, ones({6}, float64)), TypeError);
    CHECK_THROWS_WITH(bag(ids, offsets, ones({6}, float64)), ContainsSubstring("have the same type as"));
    CHECK_THROWS_AS(bag(ids, offsets, ones({5})), ShapeError);
    CHECK_THROWS_WITH(bag(ids, offsets, ones({5})), ContainsSubstring("same shape as the input"));
    CHECK_THROWS_WITH(bag(ids.reshape({3, 2}), Tensor(), ones({6})), ContainsSubstring("same shape as the input"));
    for (const char* mode : {"max", "mean"}) {
      const nn::EmbeddingBag other(5, 2, {.mode = mode});
      CHECK_THROWS_AS(other(ids, offsets, ones({6})), ValueError);
      CHECK_THROWS_WITH(other(ids, offsets, ones({6})), ContainsSubstring("only supported for mode='sum'"));
    }
  }
}

TEST_CASE("test_EmbeddingBag_empty_per_sample_weights_and_offsets: five bags of nothing, with weights of nothing") {
  for (const DType dtype : kFloats)
    for (const DType index : kIndices)
      for (const DType offset : kIndices)
        for (const char* mode : {"sum", "mean", "max"}) {
          const Tensor weight = ten(dtype).requires_grad_();
          EmbeddingBagOptions options{.mode = mode};
          if (options.mode == "sum") options.per_sample_weights = zeros({0}, dtype).requires_grad_();
          const Tensor out = embedding_bag(zeros({0}, index), weight, zeros({5}, offset), options);
          CHECK(out.to_vector<double>() == Numbers(10));
          out.backward(randn({5, 2}, dtype));
          CHECK(weight.grad().to_vector<double>() == Numbers(10));
          if (options.mode == "sum") CHECK(options.per_sample_weights.grad().shape() == Shape{0});
        }
}

TEST_CASE("test_EmbeddingBag_per_sample_weights_and_offsets: weighted sums with bags of nothing in between") {
  for (const DType dtype : kFloats)
    for (const DType index : kIndices)
      for (const bool trainable : {false, true})
        for (const bool sparse : {false, true})
          CHECK(BagComparison{tensor({3, 1, 1, 1, 4, 0}).to(index),
                              ten(dtype),
                              tensor({0, 0, 3, 3, 6}).to(index),
                              {.mode = "sum", .sparse = sparse, .per_sample_weights = randn({6}, dtype)},
                              trainable}
                    .agrees());
}

TEST_CASE("test_EmbeddingBag_per_sample_weights_and_new_offsets: the same with and without the last offset") {
  for (const DType dtype : kFloats)
    for (const bool include_last : {false, true})
      for (const bool trainable : {false, true})
        for (const char* mode : {"sum", "mean", "max"}) {
          CAPTURE(include_last, trainable, mode);
          EmbeddingBagOptions options{.mode = mode, .include_last_offset = include_last};
          if (options.mode == "sum") options.per_sample_weights = randn({6}, dtype);
          const Tensor offsets = include_last ? tensor({0, 0, 3, 3, 6, 6}) : tensor({0, 0, 3, 3, 6});
          CHECK(BagComparison{tensor({3, 1, 1, 1, 4, 0}), ten(dtype), offsets, options, trainable}.agrees());
        }
}

TEST_CASE("test_EmbeddingBag_per_sample_weights_and_no_offsets: matrices of bags, more than 1000 indices among them") {
  const std::int64_t sizes[][4] = {{2, 3, 5, 7}, {2, 5, 53, 23}, {101, 5, 3, 7}, {2, 101, 3, 7}};  // N, D, B, L
  for (const DType dtype : kFloats)
    for (const auto& [n, d, b, l] : sizes)
      for (const bool sparse : {false, true})
        for (const bool trainable : {false, true})
          CHECK(BagComparison{randint(0, n, {b, l}),
                              randn({n, d}, dtype),
                              {},
                              {.mode = "sum", .sparse = sparse, .per_sample_weights = randn({b, l}, dtype)},
                              trainable}
                    .agrees());
}

namespace {

struct Known {
  const char* mode;
  Numbers out;
  Numbers grad;
};

// The bags [] [3, 1, 1] [] [1, 4, 0] [] of rows [1, 2] ... [9, 10], under the cotangents below.
const Known kKnown[] = {
    {"sum", {0, 0, 13, 16, 0, 0, 13, 16, 0, 0}, {3, 4, 5, 8, 0, 0, 1, 2, 3, 4}},
    {"mean",
     {0, 0, 13.0 / 3, 16.0 / 3, 0, 0, 13.0 / 3, 16.0 / 3, 0, 0},
     {1, 4.0 / 3, 5.0 / 3, 8.0 / 3, 0, 0, 1.0 / 3, 2.0 / 3, 1, 4.0 / 3}},
    {"max", {0, 0, 7, 8, 0, 0, 9, 10, 0, 0}, {0, 0, 0, 0, 0, 0, 1, 2, 3, 4}},
};

void check_known(const Known& known, DType dtype, DType index, bool sparse) {
  const Tensor ids = tensor({3, 1, 1, 1, 4, 0}).to(index);
  const Tensor offsets = tensor({0, 0, 3, 3, 6}).to(index);
  const Tensor g = tensor({{0.0, 0.0}, {1.0, 2.0}, {0.0, 0.0}, {3.0, 4.0}, {0.0, 0.0}}, dtype);
  nn::EmbeddingBag bag(5, 2, {.mode = known.mode, .sparse = sparse, ._weight = ten(dtype)});
  const Tensor out = bag(ids, offsets);
  CHECK(near(out.detach(), tensor(known.out, dtype).reshape({5, 2})));
  out.backward(g);
  CHECK(near(bag.weight.grad().to_dense(), tensor(known.grad, dtype).reshape({5, 2})));
  // The same as a matrix of two bags.
  bag.zero_grad();
  const Tensor matrix = bag(ids.reshape({2, 3}));
  CHECK(near(matrix.detach(), out.detach().index_select(0, tensor({1, 3}))));
  matrix.backward(g.index_select(0, tensor({1, 3})));
  CHECK(near(bag.weight.grad().to_dense(), tensor(known.grad, dtype).reshape({5, 2})));
  // Bags of nothing alone.
  bag.zero_grad();
  bag(zeros({0}, index), zeros({5}, index)).sum().backward();
  CHECK(bag.weight.grad().to_dense().to_vector<double>() == Numbers(10));
}

void check_against_embedding(std::int64_t n, std::int64_t d, std::int64_t b, std::int64_t l, DType dtype,
                             EmbeddingBagOptions options) {
  CAPTURE(n, d, b, l, options.mode, options.sparse);
  const Tensor table = randn({n, d}, dtype) * 2;
  const Tensor ids = randint(0, n, {b, l});
  if (!options.max_norm) {
    CHECK(BagComparison{ids, table, {}, options}.agrees());
    return;
  }
  // The reference has no max_norm of its own: the rows are scaled first.
  const Tensor scaled = table.clone();
  embedding(ids, scaled, {.max_norm = options.max_norm});
  EmbeddingBagOptions plain = options;
  plain.max_norm = {};
  const Tensor expected = embedding_bag(ids, scaled, plain);
  CHECK(same_numbers(embedding_bag(ids, table, options), expected));
  CHECK(near(expected, reference_bags(ids, scaled, {}, plain), 10));
}

void check_bags(const char* mode, DType dtype, bool sparse) {
  for (const DType index : kIndices)
    for (const Known& known : kKnown)
      if (std::string(known.mode) == mode) check_known(known, dtype, index, sparse);
  check_against_embedding(7, 5, 3, 11, dtype, {.mode = mode, .sparse = sparse});
  for (int bits = 0; bits < 16; ++bits)
    for (const std::optional<double> max_norm : {std::optional<double>(), std::optional<double>(3.0)})
      check_against_embedding(1 + (bits & 1), 1 + (bits >> 1 & 1), 1 + (bits >> 2 & 1), 1 + (bits >> 3), dtype,
                              {.max_norm = max_norm, .mode = mode, .sparse = sparse});
  const nn::EmbeddingBag bag(10, 3, {.mode = mode, .sparse = sparse, .dtype = dtype});
  CHECK_THROWS_AS(bag(tensor({{1, 2}}), tensor({0})), ValueError);
  CHECK_THROWS_AS(bag(tensor({1, 2})), ValueError);
  CHECK_THROWS_AS(bag(tensor({1, 2}), tensor({1, 2})), ValueError);
  CHECK_THROWS_AS(bag(tensor({1, 2}), tensor({0, 100})), ValueError);
}

}  // namespace

TEST_CASE("test_embedding_bag_device: known sums, means and maxima, and those of Embedding, dense and sparse") {
  manual_seed(6);
  for (const DType dtype : kFloats) {
    for (const char* mode : {"sum", "mean", "max"}) check_bags(mode, dtype, false);
    for (const char* mode : {"sum", "mean"}) check_bags(mode, dtype, true);
  }
}

TEST_CASE("test_embedding_bag_non_contiguous_weight: rows with gaps give what rows without give") {
  for (const DType dtype : kFloats)
    for (const char* mode : {"sum", "mean", "max"}) {
      const Tensor gaps = randn({3, 4}, dtype).slice(1, 0, 3);
      const Tensor ids = tensor({0, 1, 2, 1});
      const Tensor offsets = tensor({0, 2});
      CHECK_FALSE(gaps.is_contiguous());
      CHECK(same_numbers(embedding_bag(ids, gaps, offsets, {.mode = mode}),
                         embedding_bag(ids, gaps.clone().contiguous(), offsets, {.mode = mode})));
      CHECK(BagComparison{ids, gaps, offsets, {.mode = mode}}.agrees());
    }
}
