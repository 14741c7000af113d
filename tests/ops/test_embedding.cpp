// Lookups against PyTorch, to the bit, and what a table says of itself.
#include "catch.h"
#include "operation_cases.h"
#include "ops/embedding.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;
using namespace taper_test;

using Numbers = std::vector<double>;

namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

EmbeddingOptions options_of(const std::string& name) {
  const std::map<std::string, EmbeddingOptions> options{
      {"plain", {}},
      {"padding", {.padding_idx = -2}},
      {"scaled", {.scale_grad_by_freq = true}},
      {"scaled_padding", {.padding_idx = 3, .scale_grad_by_freq = true}},
      {"max_norm", {.max_norm = 1.5}},
      {"max_norm_1", {.padding_idx = 1, .max_norm = 2.5, .norm_type = 1.0}},
      {"max_norm_3", {.max_norm = 1.25, .norm_type = 3.0}},
      {"max_norm_inf", {.max_norm = 0.75, .norm_type = kInfinity, .scale_grad_by_freq = true}},
      {"sparse", {.sparse = true}},
      {"sparse_padding", {.padding_idx = 3, .sparse = true}},
      {"sparse_max_norm", {.max_norm = 1.0, .sparse = true}},
  };
  return options.at(name);
}

Tensor table(std::int64_t rows = 4) {
  return arange(rows * 3, {.dtype = float64}).reshape({rows, 3}).clone().requires_grad_();
}

}  // namespace

TEST_CASE("embedding has PyTorch's bits: rows, dense and sparse gradients, max_norm", "[parity]") {
  for (const auto& [key, c] : operation_cases("lookups.npz")) {
    CAPTURE(key);
    const EmbeddingOptions options = options_of(case_name(key));
    for (const DType index_type : {int64, int32}) {
      const Tensor weight = c.at("weight").clone().requires_grad_();
      const Tensor indices = c.at("indices").to(index_type);
      const Tensor out = embedding(indices, weight, options);
      CHECK(same_numbers(out, c.at("out")));
      CHECK(same_numbers(weight, c.at("after")));
      out.backward(c.at("g"));
      const Tensor grad = weight.grad();
      REQUIRE(grad.is_sparse() == options.sparse);
      if (!options.sparse) {
        CHECK(same_numbers(grad, c.at("grad")));
        continue;
      }
      CHECK(same_numbers(grad.indices(), c.at("grad_indices")));
      CHECK(same_numbers(grad.values(), c.at("grad_values")));
      CHECK(same_numbers(grad.coalesce().to_dense(), c.at("coalesced")));
      embedding(indices.flip({0}), weight, options).backward(c.at("again"));
      CHECK(same_numbers(weight.grad().indices(), c.at("sum_indices")));
      CHECK(same_numbers(weight.grad().values(), c.at("sum_values")));
    }
  }
}

TEST_CASE("a sparse gradient names the rows in the order of the lookup, and keeps them when the indices change") {
  const Tensor weight = table(10);
  Tensor indices = tensor({7, 1, 3});
  embedding(indices, weight, {.sparse = true}).sum().backward();
  CHECK(weight.grad().indices().to_vector<std::int64_t>() == std::vector<std::int64_t>{7, 1, 3});
  CHECK_FALSE(weight.grad().is_coalesced());
  indices.copy_(tensor({0, 0, 0}));
  CHECK(weight.grad().indices().to_vector<std::int64_t>() == std::vector<std::int64_t>{7, 1, 3});
}

TEST_CASE("a lookup of padding alone, or of nothing, leaves an empty sparse gradient") {
  for (const Tensor& indices : {tensor({2, 2}), zeros({0, 3}, int64)}) {
    const Tensor weight = table();
    embedding(indices, weight, {.padding_idx = 2, .sparse = true}).sum().backward();
    CHECK(weight.grad().is_sparse());
    CHECK(weight.grad().indices().shape() == Shape{1, 0});
    CHECK(weight.grad().values().shape() == Shape{0, 3});
    CHECK(weight.grad().is_coalesced());
  }
}

TEST_CASE("scale_grad_by_freq with sparse gives the dense gradient's numbers") {
  const Tensor indices = tensor({{1, 3, 1}, {1, 0, 3}});
  const auto gradient = [&](bool sparse) {
    const Tensor weight = table();
    (embedding(indices, weight, {.padding_idx = 0, .scale_grad_by_freq = true, .sparse = sparse}) * 1.5)
        .sum()
        .backward();
    return weight.grad().to_dense();
  };
  const std::vector<double> dense = gradient(false).to_vector<double>();
  const std::vector<double> sparse = gradient(true).to_vector<double>();
  REQUIRE(dense.size() == sparse.size());
  for (std::size_t i = 0; i < dense.size(); ++i) CHECK(sparse[i] == Approx(dense[i]));
  CHECK(dense[3] == Approx(1.5));
  CHECK(dense[0] == 0);
}

TEST_CASE("the gradient of embedding's gradient is that of what it computed, padding and frequencies included") {
  const Tensor indices = tensor({{0, 2, 3}, {2, 2, 1}});
  for (const EmbeddingOptions& options :
       {EmbeddingOptions{.padding_idx = 2}, EmbeddingOptions{.scale_grad_by_freq = true},
        EmbeddingOptions{.padding_idx = 3, .scale_grad_by_freq = true},
        EmbeddingOptions{.padding_idx = 0, .sparse = true}}) {
    const Tensor weight = table();
    const Tensor g = linspace(-1, 2, 18, {.dtype = float64}).reshape({2, 3, 3}).clone().requires_grad_();
    const auto gradient = [&](const Tensor& cotangent) {
      return autograd::grad({embedding(indices, weight, options)}, {weight},
                            {.grad_outputs = {cotangent}, .create_graph = true})[0];
    };
    CHECK(autograd::gradcheck([&](const Tensor& x) { return gradient(x); }, {g}));
    CHECK(autograd::gradgradcheck([&](const Tensor& x) { return gradient(x).square(); }, {g}));
  }
}

TEST_CASE("a table that is itself a result gets a dense gradient") {
  const Tensor weight = table();
  const Tensor doubled = weight * 2;
  embedding(tensor({1, 1}), doubled, {.sparse = true}).sum().backward();
  CHECK_FALSE(weight.grad().is_sparse());
  CHECK(weight.grad().to_vector<double>() == std::vector<double>{0, 0, 0, 4, 4, 4, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("two lookups of one table with max_norm have the right gradient") {
  const Tensor weight = table();
  const std::uint32_t before = weight.version();
  const Tensor first = embedding(tensor({1, 2}), weight, {.max_norm = 1.0});
  CHECK(weight.version() == before + 1);
  const Tensor second = embedding(tensor({1, 3}), weight, {.max_norm = 0.5});
  (first.sum() + second.sum()).backward();
  CHECK(weight.grad().to_vector<double>() == Numbers{0, 0, 0, 2, 2, 2, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("an index outside the table leaves every row as it was") {
  for (const Tensor& indices : {tensor({3, 4}), tensor({3, -1})}) {
    const Tensor weight = table();
    const std::vector<double> before = weight.to_vector<double>();
    const std::uint32_t version = weight.version();
    CHECK_THROWS_AS(embedding(indices, weight, {.max_norm = 1.0}), IndexError);
    CHECK(weight.to_vector<double>() == before);
    CHECK(weight.version() == version);
  }
}

TEST_CASE("a module's name begins the message of a bad index") {
  CHECK_THROWS_WITH(detail::embedding("Embedding 'tok'", tensor({0, 12}), ones({10, 2}), {}),
                    "Embedding 'tok': index 12 at position [1] outside [0, 10)");
}

TEST_CASE("any dtype and any strides are looked up") {
  CHECK(embedding(tensor({2, 0}), tensor({{1, 2}, {3, 4}, {5, 6}}, int32)).to_vector<int>() ==
        std::vector<int>{5, 6, 1, 2});
  const Tensor weight = arange(12, {.dtype = float64}).reshape({3, 4}).t();
  Tensor scaled = weight.detach();
  CHECK(embedding(tensor(1), scaled).to_vector<double>() == std::vector<double>{1, 5, 9});
  embedding(tensor({0}), scaled, {.max_norm = 1.0, .norm_type = kInfinity});
  CHECK(weight.select(0, 0).to_vector<double>()[2] == Approx(1));
  CHECK(weight.select(0, 1).to_vector<double>() == std::vector<double>{1, 5, 9});
}
