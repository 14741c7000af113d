// The samples of PyTorch's OpInfo for nn.functional.embedding and nn.functional.embedding_bag, and what test_ops asks
// of each: values, first and second derivatives, strided arguments, both dtypes. Half precision, bfloat16, out= and
// forward-mode differentiation are left out, Taper has none.
#include "catch.h"
#include "nn/bag_reference.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/error.h"
#include "taper/nn/functional.h"
#include "taper/ops/random.h"

using namespace taper;
using namespace taper_test;

namespace {

constexpr std::int64_t kS = 5;
constexpr std::int64_t kM = 10;

// The same numbers with gaps between them.
Tensor with_gaps(const Tensor& x) {
  Shape shape = x.shape();
  if (shape.empty()) return x;
  shape[shape.size() - 1] *= 2;
  Tensor place = zeros(shape, x.dtype()).slice(-1, 0, {}, 2);
  place.copy_(x);
  return place;
}

Tensor ids_with(const Tensor& ids, const std::vector<std::vector<Index>>& places, std::int64_t value) {
  Tensor result = ids.clone();
  for (const std::vector<Index>& place : places) result.index_put_(place, value);
  return result;
}

void check_lookup(const Tensor& ids, const EmbeddingOptions& options, bool differentiable = true) {
  Shape shape = ids.shape();
  shape.push_back(kS);
  for (const DType dtype : {float32, float64}) {
    const Tensor weight = randn({kM, kS}, dtype) * (options.max_norm ? 2.0 : 1.0);
    Tensor expected = weight.clone();
    if (options.max_norm) {
      // Rows that are looked up, scaled one by one.
      for (const std::int64_t row : ids.to_vector<std::int64_t>()) {
        const double norm = weight[row].norm(options.norm_type).item<double>();
        if (norm > *options.max_norm) expected[row].copy_(weight[row] * (*options.max_norm / (norm + 1e-7)));
      }
    }
    const Tensor out = F::embedding(ids, weight.clone(), options);
    CHECK(near(out, expected.index_select(0, ids.reshape({ids.numel()})).reshape(shape)));
    CHECK(same_numbers(F::embedding(with_gaps(ids).to(int32), with_gaps(weight), options), out));
  }
  if (!differentiable) return;
  const Tensor leaf = randn({kM, kS}, float64).requires_grad_();
  const auto lookup = [&](const Tensor& w) { return F::embedding(ids, w, options); };
  CHECK(autograd::gradcheck(lookup, {leaf}));
  CHECK(autograd::gradgradcheck(lookup, {leaf}));
}

Tensor low(const Shape& shape) { return randint(0, kM, shape); }

}  // namespace

TEST_CASE("OpInfo nn.functional.embedding: 0-d index") { check_lookup(tensor(3), {}); }

TEST_CASE("OpInfo nn.functional.embedding: 1-d index") { check_lookup(low({kS}), {}); }

TEST_CASE("OpInfo nn.functional.embedding: 2-d index") { check_lookup(low({kS, kS}), {}); }

TEST_CASE("OpInfo nn.functional.embedding: padding_idx 2, looked up at (0, 0) and (1, 1)") {
  check_lookup(ids_with(low({kS, kS}), {{0, 0}, {1, 1}}, 2), {.padding_idx = 2}, false);
}

TEST_CASE("OpInfo nn.functional.embedding: padding_idx -1, the last row looked up at (0, 0) and (1, 1)") {
  const Tensor ids = ids_with(low({kS, kS}), {{0, 0}, {1, 1}}, kM - 1);
  check_lookup(ids, {.padding_idx = -1}, false);
  const Tensor weight = randn({kM, kS}, {.requires_grad = true});
  F::embedding(ids, weight, {.padding_idx = -1}).sum().backward();
  CHECK(weight.grad()[-1].to_vector<double>() == Numbers(5));
}

TEST_CASE("OpInfo nn.functional.embedding: max_norm 1, rows twice as long") {
  check_lookup(low({kS, kS}), {.max_norm = 1.0}, false);
}

TEST_CASE("OpInfo nn.functional.embedding: max_norm 1 of the 1-norm") {
  check_lookup(low({kS, kS}), {.max_norm = 1.0, .norm_type = 1.0}, false);
}

TEST_CASE("OpInfo nn.functional.embedding: scale_grad_by_freq with index 1 twice") {
  const Tensor ids = ids_with(low({kS, kS}), {{0, 0}, {0, 1}}, 1);
  check_lookup(ids, {.scale_grad_by_freq = true}, false);
  const Tensor weight = randn({kM, kS}, {.requires_grad = true});
  F::embedding(ids, weight, {.scale_grad_by_freq = true}).sum().backward();
  CHECK(weight.grad()[1][0].item<double>() == Approx(1));
}

TEST_CASE("OpInfo nn.functional.embedding: sparse") { check_lookup(low({kS, kS}), {.sparse = true}); }

TEST_CASE("OpInfo nn.functional.embedding: all options together") {
  const EmbeddingOptions all{.padding_idx = 0, .max_norm = 1.0, .scale_grad_by_freq = true, .sparse = true};
  check_lookup(low({kS, kS}), all, false);
  // PyTorch refuses the backward; Taper has one.
  const Tensor weight = randn({kM, kS}, {.requires_grad = true});
  F::embedding(tensor({1, 2, 1, 0}), weight, all).sum().backward();
  CHECK(weight.grad().to_dense().sum(1).slice(0, 0, 4).to_vector<double>() == Numbers{0, 5, 5, 0});
}

TEST_CASE("OpInfo nn.functional.embedding, errors: a weight of no dimensions and of three") {
  CHECK_THROWS_AS(F::embedding(tensor({0}), randn({})), ShapeError);
  CHECK_THROWS_AS(F::embedding(tensor({0}), randn({2, 2, 2})), ShapeError);
}

namespace {

// One sample in all of its modes: "sum" with and without weights, "mean" and "max".
void check_bags(const Tensor& ids, const Tensor& offsets, const EmbeddingBagOptions& given, bool differentiable = true,
                bool with_max = true) {
  for (const std::string mode : {"weighted", "sum", "mean", "max"}) {
    if (mode == "max" && !with_max) continue;
    CAPTURE(mode);
    EmbeddingBagOptions options = given;
    options.mode = mode == "weighted" ? std::string_view("sum") : std::string_view(mode);
    for (const DType dtype : {float32, float64}) {
      if (mode == "weighted") options.per_sample_weights = randn(ids.shape(), dtype);
      const Tensor table = randn({kM, kS}, dtype) * (options.max_norm ? 2.0 : 1.0);
      Tensor scaled = table.clone();
      if (options.max_norm) embedding(ids, scaled, {.max_norm = options.max_norm, .norm_type = options.norm_type});
      const Tensor out = F::embedding_bag(ids, table.clone(), offsets, options);
      CHECK(near(out, reference_bags(ids, scaled, offsets, options), 10));
      const Tensor strided_offsets = offsets.defined() ? with_gaps(offsets) : offsets;
      CHECK(same_numbers(F::embedding_bag(with_gaps(ids), table.clone(), strided_offsets, options), out));
    }
    if (!differentiable) continue;
    const Tensor weight = randn({kM, kS}, float64).requires_grad_();
    const Tensor factors = randn(ids.shape(), float64).requires_grad_();
    const auto call = [&](const std::vector<Tensor>& x) {
      EmbeddingBagOptions all = options;
      if (mode == "weighted") all.per_sample_weights = x[1];
      return F::embedding_bag(ids, x[0], offsets, all);
    };
    std::vector<Tensor> leaves{weight};
    if (mode == "weighted") leaves.push_back(factors);
    CHECK(autograd::gradcheck(call, leaves));
    CHECK(autograd::gradgradcheck(call, leaves));
  }
}

}  // namespace

TEST_CASE("OpInfo nn.functional.embedding_bag: 1-d index, offsets [0, 3]") {
  check_bags(low({kS}), tensor({0, 3}), {});
}

TEST_CASE("OpInfo nn.functional.embedding_bag: 1-d index with gaps, offsets [0, 3]") {
  check_bags(with_gaps(low({kS})), tensor({0, 3}), {});
}

TEST_CASE("OpInfo nn.functional.embedding_bag: a bag of nothing, offsets [0, 0, 3]") {
  check_bags(with_gaps(low({kS})), tensor({0, 0, 3}), {});
}

TEST_CASE("OpInfo nn.functional.embedding_bag: 2-d index") { check_bags(low({kS, kS}), Tensor(), {}); }

TEST_CASE("OpInfo nn.functional.embedding_bag: 2-d index with gaps") {
  check_bags(with_gaps(low({kS, kS})), Tensor(), {});
}

TEST_CASE("OpInfo nn.functional.embedding_bag: padding_idx -1 with offsets, the last row at positions 0 and 4") {
  check_bags(ids_with(low({kS}), {{0}, {4}}, kM - 1), tensor({0, 3}), {.padding_idx = -1});
}

TEST_CASE("OpInfo nn.functional.embedding_bag: padding_idx 2, 2-d index") {
  check_bags(ids_with(low({3, 3}), {{0, 0}, {1, 1}}, 2), Tensor(), {.padding_idx = 2});
}

TEST_CASE("OpInfo nn.functional.embedding_bag: include_last_offset, offsets [0, 3, 6]") {
  check_bags(low({6}), tensor({0, 3, 6}), {.include_last_offset = true});
}

TEST_CASE("OpInfo nn.functional.embedding_bag: max_norm 1, 2-d index") {
  check_bags(low({kS, kS}), Tensor(), {.max_norm = 1.0}, false);
}

TEST_CASE("OpInfo nn.functional.embedding_bag: max_norm 1 of the 1-norm, offsets") {
  check_bags(low({kS}), tensor({0, 3}), {.max_norm = 1.0, .norm_type = 1.0}, false);
}

TEST_CASE("OpInfo nn.functional.embedding_bag: scale_grad_by_freq, index 1 twice") {
  check_bags(ids_with(low({kS, kS}), {{0, 0}, {0, 1}}, 1), Tensor(), {.scale_grad_by_freq = true}, false, false);
}

TEST_CASE("OpInfo nn.functional.embedding_bag: sparse, offsets") {
  check_bags(low({kS}), tensor({0, 3}), {.sparse = true}, true, false);
}

TEST_CASE("OpInfo nn.functional.embedding_bag: all options together, offsets") {
  const EmbeddingBagOptions all{.max_norm = 1.0, .scale_grad_by_freq = true, .sparse = true, .padding_idx = 0};
  check_bags(ids_with(low({kS}), {{0}}, 0), tensor({0, 3}), all, false, false);
}
