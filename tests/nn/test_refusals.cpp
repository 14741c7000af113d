// What modules are given by mistake or at the edge of what there is: what is said, and that nothing has changed.
#include <cmath>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/base/generator.h"
#include "taper/base/memory.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/nn/lstm.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Numbers = std::vector<double>;

namespace {

struct Words : nn::Module {
  nn::Embedding tok{10, 3, {.max_norm = 0.5}};
  nn::EmbeddingBag bag{10, 3, {.max_norm = 0.5, .mode = "sum"}};
  Tensor forward(const Tensor& ids) { return tok(ids); }
  TAPER_MODULE(tok, bag)
};

template <class Kind, class F>
void refused(F make, const std::string& text) {
  INFO(text);
  CHECK_THROWS_AS(make(), Kind);
  CHECK_THROWS_WITH(make(), ContainsSubstring(text));
}

}  // namespace

TEST_CASE("an index outside the table is named with module, position and range, and no row has changed") {
  Words model;
  (void)model.named_parameters();
  const Numbers table = model.tok.weight.to_vector<double>(), bags = model.bag.weight.to_vector<double>();
  for (const DType dtype : {int32, int64}) {
    refused<IndexError>(
        [&] {
          model.tok(tensor({3, 12}, dtype));
        },
        "Embedding 'tok': index 12 at position [1] outside [0, 10)");
    refused<IndexError>(
        [&] {
          model.bag(tensor({{3, 4}, {5, -2}}, dtype));
        },
        "EmbeddingBag 'bag': index -2 at position [1, 1] outside [0, 10)");
  }
  CHECK(model.tok.weight.to_vector<double>() == table);
  CHECK(model.bag.weight.to_vector<double>() == bags);
}

TEST_CASE("float and bool indices are refused by name of the dtype, and no row has changed") {
  Words model;
  const Numbers table = model.tok.weight.to_vector<double>(), bags = model.bag.weight.to_vector<double>();
  const Tensor start = tensor({0});
  refused<TypeError>([&] { model.tok(tensor({0.5})); }, "indices must be int32 or int64, got float32");
  refused<TypeError>([&] { model.tok(zeros({2}, float64)); }, "indices must be int32 or int64, got float64");
  refused<TypeError>([&] { model.tok(tensor({true})); }, "indices must be int32 or int64, got bool");
  refused<TypeError>([&] { model.bag(tensor({0.5}), start); }, "indices must be int32 or int64, got float32");
  refused<TypeError>([&] { model.bag(tensor({false}), start); }, "indices must be int32 or int64, got bool");
  refused<TypeError>([&] { model.bag(tensor({1}), tensor({0.0})); }, "offsets must be int32 or int64, got float32");
  CHECK(model.tok.weight.to_vector<double>() == table);
  CHECK(model.bag.weight.to_vector<double>() == bags);
}

TEST_CASE("padding_idx 10 of 10 rows is outside their range, and -1 means 9") {
  refused<ValueError>([] { nn::Embedding(10, 3, {.padding_idx = 10}); },
                      "Embedding: padding_idx 10 is outside [-10, 10)");
  refused<ValueError>([] { nn::EmbeddingBag(10, 3, {.padding_idx = -11}); },
                      "EmbeddingBag: padding_idx -11 is outside [-10, 10)");
  refused<ValueError>([] { nn::Embedding::from_pretrained(ones({10, 3}), {.padding_idx = 10}); }, "[-10, 10)");
  refused<ValueError>([] { nn::EmbeddingBag::from_pretrained(ones({10, 3}), {.padding_idx = 10}); }, "[-10, 10)");
  const nn::Embedding table(10, 3, {.padding_idx = -1});
  const nn::EmbeddingBag bag(10, 3, {.mode = "sum", .padding_idx = -1});
  CHECK(table.padding_idx == 9);
  CHECK(bag.padding_idx == 9);
  table(tensor({9, 1})).sum().backward();
  bag(tensor({{9, 1}})).sum().backward();
  for (const Tensor& gradient : {table.weight.grad(), bag.weight.grad()}) {
    CHECK(gradient[9].to_vector<double>() == Numbers{0, 0, 0});
    CHECK(gradient[1].to_vector<double>() == Numbers{1, 1, 1});
  }
}

TEST_CASE("0 rows, 0 columns and empty indices have empty results and gradients, dense or sparse") {
  for (const bool sparse : {false, true}) {
    const nn::Embedding no_rows(0, 3, {.sparse = sparse}), no_columns(3, 0, {.sparse = sparse});
    const nn::EmbeddingBag no_bag_rows(0, 3, {.mode = "sum", .sparse = sparse});
    const auto check = [&](const Tensor& out, const Shape& shape, const Tensor& weight) {
      CHECK(out.shape() == shape);
      out.sum().backward();
      CHECK(weight.grad().is_sparse() == sparse);
      CHECK(weight.grad().shape() == weight.shape());
      CHECK(weight.grad().to_dense().numel() == 0);
    };
    check(no_rows(zeros({2, 0}, int64)), {2, 0, 3}, no_rows.weight);
    check(no_columns(tensor({2, 2})), {2, 0}, no_columns.weight);
    check(no_bag_rows(zeros({0}, int64), tensor({0, 0})), {2, 3}, no_bag_rows.weight);
    refused<IndexError>([&] { no_rows(tensor({0})); }, "index 0 at position [0] outside [0, 0)");
    refused<IndexError>([&] { no_columns(tensor({3})); }, "index 3 at position [0] outside [0, 3)");
  }
}

TEST_CASE("negative sizes are a ValueError that names the argument, in every module that has some") {
  refused<ValueError>([] { nn::Embedding(-1, 3); }, "Embedding: num_embeddings is -1; it must be at least 0");
  refused<ValueError>([] { nn::Embedding(3, -2); }, "Embedding: embedding_dim is -2; it must be at least 0");
  refused<ValueError>([] { nn::EmbeddingBag(-1, 3); }, "EmbeddingBag: num_embeddings is -1");
  refused<ValueError>([] { nn::EmbeddingBag(3, -2); }, "EmbeddingBag: embedding_dim is -2");
  refused<ValueError>([] { nn::Linear(-1, 3); }, "Linear: in_features is -1");
  refused<ValueError>([] { nn::Linear(3, -2); }, "Linear: out_features is -2");
  refused<ValueError>([] { nn::LayerNorm({2, -3}); }, "LayerNorm: a size in normalized_shape is -3");
  refused<ValueError>([] { nn::LSTM(-3, 4); }, "LSTM: input_size is -3");
  refused<ValueError>([] { nn::LSTM(3, -4); }, "LSTM: hidden_size is -4");
  refused<ValueError>([] { nn::LSTM(3, 4, {.num_layers = 0}); }, "LSTM: num_layers is 0");
  refused<ValueError>([] { nn::LSTMCell(3, -4); }, "LSTMCell: hidden_size is -4");
}

TEST_CASE("from_pretrained of a vector or a cube names its shape, of integers or bools their dtype") {
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3, 4}}) {
    const std::string text = "Embeddings parameter is expected to be 2-dimensional, but has shape " + to_string(shape);
    refused<ShapeError>([&] { nn::Embedding::from_pretrained(ones(shape)); }, text);
    refused<ShapeError>([&] { nn::EmbeddingBag::from_pretrained(ones(shape)); }, text);
  }
  for (const DType dtype : {int32, int64, bool_}) {
    const std::string text = "a table of " + std::string(name(dtype)) + "; float32 or float64 is needed";
    refused<TypeError>([&] { nn::Embedding::from_pretrained(ones({3, 2}, dtype)); }, text);
    refused<TypeError>([&] { nn::EmbeddingBag::from_pretrained(ones({3, 2}, dtype)); }, text);
  }
}

TEST_CASE("an empty bag is zeros in every mode, and sends no gradient and no NaN") {
  for (const char* mode : {"sum", "mean", "max"}) {
    INFO(mode);
    const nn::EmbeddingBag bag(4, 2, {.mode = mode, ._weight = full({4, 2}, 3.0)});
    const Tensor out = bag(tensor({1, 2}), tensor({0, 0, 2}));
    const double whole = std::string(mode) == "sum" ? 6 : 3;
    CHECK(out.to_vector<double>() == Numbers{0, 0, whole, whole, 0, 0});
    out.slice(0, 0, 1).sum().backward({.retain_graph = true});
    CHECK(bag.weight.grad().to_vector<double>() == Numbers(8, 0.0));
    out.sum().backward();
    for (const double slope : bag.weight.grad().to_vector<double>()) CHECK(std::isfinite(slope));
    CHECK(bag(zeros({3, 0}, int64)).to_vector<double>() == Numbers(6, 0.0));
  }
}

TEST_CASE("a table over the memory budget is refused before it touches memory or draws a number") {
  struct Unlimited {
    ~Unlimited() { set_memory_limit(0); }
  } const after;
  set_memory_limit(8'000'000'000);
  manual_seed(3);
  const double first = rand({1}).item<double>();
  manual_seed(3);
  const std::size_t before = memory_in_use();
  refused<ResourceError>([] { nn::Embedding(1'000'000, 10'000); }, "needs 40 GB, budget 8 GB");
  refused<ResourceError>([] { nn::EmbeddingBag(1'000'000, 10'000); }, "needs 40 GB, budget 8 GB");
  refused<ShapeError>([] { nn::Embedding(std::int64_t{1} << 40, std::int64_t{1} << 30); }, "size overflows");
  CHECK(memory_in_use() == before);
  CHECK(rand({1}).item<double>() == first);
}
