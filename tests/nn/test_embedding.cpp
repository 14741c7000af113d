#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/container.h"
#include "taper/nn/embedding.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Numbers = std::vector<double>;

namespace {

struct Encoder : nn::Module {
  nn::Embedding tok{10, 3};
  Tensor forward(const Tensor& ids) const { return tok(ids); }
  TAPER_MODULE(tok)
};

struct Outer : nn::Module {
  Encoder encoder;
  Tensor forward(const Tensor& ids) { return encoder(ids); }
  TAPER_MODULE(encoder)
};

}  // namespace

TEST_CASE("an Embedding looks rows up by indices of any shape and either integer dtype") {
  const nn::Embedding table(3, 2, {._weight = tensor({{0.0, 1.0}, {2.0, 3.0}, {4.0, 5.0}})});
  CHECK(table(tensor({{2}, {0}})).shape() == Shape{2, 1, 2});
  CHECK(table(tensor({2, 0}, int32)).to_vector<double>() == Numbers{4, 5, 0, 1});
  CHECK(table(tensor(1)).shape() == Shape{2});
  CHECK(table(zeros({2, 0}, int64)).shape() == Shape{2, 0, 2});
  CHECK(table(tensor({1})).grad_fn_name() == "EmbeddingBackward0");
}

TEST_CASE("an Embedding keeps what it was made with") {
  const nn::Embedding table(10, 3,
                            {.padding_idx = -1,
                             .max_norm = 1.0,
                             .norm_type = 1.0,
                             .scale_grad_by_freq = true,
                             .sparse = true,
                             .dtype = float64});
  CHECK(table.num_embeddings == 10);
  CHECK(table.embedding_dim == 3);
  CHECK(table.padding_idx == 9);
  CHECK(table.max_norm == 1.0);
  CHECK(table.norm_type == 1.0);
  CHECK(table.scale_grad_by_freq);
  CHECK(table.sparse);
  CHECK(table.weight.dtype() == float64);
  CHECK(table.weight[9].to_vector<double>() == Numbers{0, 0, 0});
  CHECK(table.weight.requires_grad());
  CHECK(table.state_dict().size() == 1);
  CHECK(table.state_dict().contains("weight"));
}

TEST_CASE("_weight and from_pretrained share the memory that they are given, and draw nothing") {
  const Tensor rows = tensor({{0.1, 0.2}, {0.3, 0.4}, {0.5, 0.6}});
  const nn::Embedding given(3, 2, {.padding_idx = 0, ._weight = rows, ._freeze = true});
  CHECK(given.weight.shares_memory_with(rows));
  CHECK_FALSE(given.weight.requires_grad());
  CHECK(given.weight[0].to_vector<float>() == std::vector<float>{0.1F, 0.2F});
}

TEST_CASE("from_pretrained freezes unless told not to, and keeps the padding row's numbers") {
  const Tensor rows = tensor({{0.5, 0.25}, {1.0, 2.0}});
  const auto frozen = nn::Embedding::from_pretrained(rows);
  CHECK_FALSE(frozen.weight.requires_grad());
  auto learning = nn::Embedding::from_pretrained(rows, {.freeze = false, .padding_idx = 1});
  CHECK(learning.weight.requires_grad());
  CHECK(learning.weight.shares_memory_with(rows));
  CHECK(learning.weight[1].to_vector<double>() == Numbers{1, 2});
  learning(tensor({0, 1})).sum().backward();
  CHECK(learning.weight.grad().to_vector<double>() == Numbers{1, 1, 0, 0});
  CHECK(nn::Embedding::from_pretrained(zeros({2, 2}, float64)).weight.dtype() == float64);
}

TEST_CASE("an Embedding refuses arguments that cannot be, naming them") {
  CHECK_THROWS_AS(nn::Embedding(10, 3, {.padding_idx = 10}), ValueError);
  CHECK_THROWS_WITH(nn::Embedding(10, 3, {.padding_idx = 10}), ContainsSubstring("10 is outside [-10, 10)"));
  CHECK_THROWS_AS(nn::Embedding(10, 3, {.padding_idx = -11}), ValueError);
  CHECK_THROWS_AS(nn::Embedding(0, 3, {.padding_idx = 0}), ValueError);
  CHECK_THROWS_WITH(nn::Embedding(-1, 3), ContainsSubstring("num_embeddings is -1"));
  CHECK_THROWS_WITH(nn::Embedding(3, -2), ContainsSubstring("embedding_dim is -2"));
  CHECK_THROWS_AS(nn::Embedding(-1, 3), ValueError);
  CHECK_THROWS_AS(nn::Embedding(3, 2, {._weight = zeros({2, 3})}), ShapeError);
  CHECK_THROWS_AS(nn::Embedding(3, 2, {._weight = zeros({3, 2}, int64), ._freeze = true}), TypeError);
  CHECK_THROWS_AS(nn::Embedding(3, 2, {.device = "cuda"}), ValueError);
  CHECK_THROWS_AS(nn::Embedding(3, 2, {.dtype = int64}), TypeError);
  CHECK_THROWS_AS(nn::Embedding::from_pretrained(zeros({3})), ShapeError);
  CHECK_THROWS_AS(nn::Embedding::from_pretrained(zeros({3, 2}, int32)), TypeError);
  CHECK_THROWS_AS(nn::Embedding::from_pretrained(zeros({3, 2}), {.padding_idx = 3}), ValueError);
}

TEST_CASE("a refused Embedding draws no numbers") {
  manual_seed(3);
  const double first = rand({1}).item<double>();
  manual_seed(3);
  CHECK_THROWS_AS(nn::Embedding(4, 3, {.padding_idx = 4}), ValueError);
  CHECK(rand({1}).item<double>() == first);
}

TEST_CASE("tables without rows or columns and empty indices give empty results") {
  const nn::Embedding no_rows(0, 3);
  CHECK(no_rows(zeros({0}, int64)).shape() == Shape{0, 3});
  CHECK_THROWS_AS(no_rows(tensor({0})), IndexError);
  const nn::Embedding no_columns(3, 0);
  CHECK(no_columns(tensor({1, 2})).shape() == Shape{2, 0});
}

TEST_CASE("a lookup outside the table names the module where the call knows it") {
  Outer model;
  const Tensor bad = tensor({3, 12});
  CHECK_THROWS_AS(model(bad), IndexError);
  CHECK_THROWS_WITH(model(bad), ContainsSubstring("Embedding 'encoder.tok': index 12 at position [1] outside [0, 10)"));
  CHECK_THROWS_WITH(model.encoder(bad), ContainsSubstring("Embedding 'tok': index 12 at position [1] outside [0, 10)"));
  CHECK_THROWS_WITH(model.encoder.tok(bad), ContainsSubstring("Embedding: index 12 at position [1] outside [0, 10)"));
  (void)model.parameters();
  CHECK_THROWS_WITH(model.encoder.tok(bad), ContainsSubstring("Embedding 'encoder.tok': index 12"));
  CHECK_THROWS_AS(model(tensor({0.5})), TypeError);
  CHECK_THROWS_WITH(model(tensor({{0, 1}, {-1, 2}})), ContainsSubstring("index -1 at position [1, 0]"));
}

TEST_CASE("max_norm changes nothing when an index is outside the table") {
  nn::Embedding table(2, 2, {.max_norm = 1.0, ._weight = full({2, 2}, 5.0)});
  CHECK_THROWS_AS(table(tensor({0, 2})), IndexError);
  CHECK(table.weight.to_vector<double>() == Numbers{5, 5, 5, 5});
}

TEST_CASE("a sparse Embedding's weight has a COO gradient") {
  nn::Embedding table(5, 2, {.sparse = true});
  table(tensor({3, 1, 3})).sum().backward();
  const Tensor gradient = table.weight.grad();
  REQUIRE(gradient.is_sparse());
  CHECK(gradient.indices().to_vector<std::int64_t>() == std::vector<std::int64_t>{3, 1, 3});
  table.zero_grad(false);
  CHECK(table.weight.grad().values().size(0) == 0);
  table(tensor({2})).sum().backward();
  CHECK(table.weight.grad().to_dense().to_vector<double>() == Numbers{0, 0, 0, 0, 1, 1, 0, 0, 0, 0});
}

TEST_CASE("an embedding and the layer that is tied to it learn as one") {
  nn::Embedding table(4, 3);
  nn::Linear decoder(3, 4, {.bias = false});
  nn::tie(decoder.weight, table.weight);
  (decoder.weight * 2).sum().backward();
  CHECK(table.weight.grad().to_vector<double>() == Numbers(12, 2.0));
}
