#include <sstream>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/base/generator.h"
#include "taper/nn/activation.h"
#include "taper/nn/container.h"
#include "taper/nn/dropout.h"
#include "taper/nn/embedding.h"
#include "taper/nn/flatten.h"
#include "taper/nn/linear.h"
#include "taper/nn/utils.h"
#include "taper/ops/close.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"
#include "taper/viz/summary.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

struct Block : nn::Module {
  nn::Linear first, second;
  explicit Block(std::int64_t dim) : first(dim, dim), second(dim, dim) {}
  Tensor forward(const Tensor& x) { return relu(second(relu(first(x)))) + x; }
  TAPER_MODULE(first, second)
};

struct Deep : nn::Module {
  nn::Parameter scale;
  nn::Embedding words;
  nn::ModuleList<Block> blocks;
  nn::Dropout unused;
  nn::Sequential head{nn::Linear(4, 4), nn::ReLU(), nn::Linear(4, 6, {.bias = false})};
  Deep() : scale(randn({4})), words(6, 4) {
    blocks.append(Block(4));
    blocks.append(Block(4));
    nn::tie(head.get<nn::Linear>(2).weight, words.weight);
  }
  Tensor forward(const Tensor& ids) {
    Tensor x = words(ids) * scale;
    for (Block& block : blocks) x = block(x);
    return head(x);
  }
  TAPER_MODULE(scale, words, blocks, unused, head)
};

struct TwoInputs : nn::Module {
  nn::Embedding table{10, 3};
  std::pair<Tensor, Tensor> forward(const Tensor& ids, const Tensor& others) {
    uniform_drawn = rand({1});
    return {table(ids), table(others).sum(1)};
  }
  Tensor uniform_drawn;
  TAPER_MODULE(table)
};

}  // namespace

TEST_CASE("summary of an embedding is Keras's table") {
  nn::Sequential model(nn::Embedding(5, 10));
  std::ostringstream out;
  out << summary(model, {5}, int32);
  CHECK(out.str() ==
        "Model: \"sequential\"\n"
        "_________________________________________________________________\n"
        "Layer (type)                 Output Shape              Param #\n"
        "=================================================================\n"
        "embedding (Embedding)        (None, 5, 10)             50\n"
        "=================================================================\n"
        "Total params: 50\n"
        "Trainable params: 50\n"
        "Non-trainable params: 0\n"
        "_________________________________________________________________\n");
}

TEST_CASE("a Sequential's layers are named as Keras names them, and frozen parameters do not train") {
  nn::Sequential model{nn::Embedding(2000, 30, {._freeze = false}), nn::Flatten(), nn::Linear(150, 4), nn::ReLU(),
                       nn::Linear(4, 2)};
  model[2].requires_grad_(false);
  const Summary table = summary(model, {5}, int64);
  std::vector<std::string> names;
  for (const SummaryRow& row : table.rows) names.push_back(row.name + " " + row.output_shape);
  CHECK(names == std::vector<std::string>{"embedding (None, 5, 30)", "flatten (None, 150)", "linear (None, 4)",
                                          "re_lu (None, 4)", "linear_1 (None, 2)"});
  CHECK(table.total_params == 60000 + 604 + 10);
  CHECK(table.non_trainable_params() == 604);
  CHECK_THAT(table.str(),
             ContainsSubstring("Total params: 60,614\nTrainable params: 60,010\nNon-trainable params: 604\n"));
}

TEST_CASE("modules inside others are set in, a tied parameter counts where it first comes, and rows add up") {
  Deep model;
  const Summary table = summary(model, {7}, int32);
  CHECK(table.str() ==
        "Model: \"deep\"\n"
        "_________________________________________________________________\n"
        "Layer (type)                 Output Shape              Param #\n"
        "=================================================================\n"
        "deep (Deep)                  (None, 7, 6)              4\n"
        "  words (Embedding)          (None, 7, 4)              24\n"
        "  blocks.0 (Block)           (None, 7, 4)              0\n"
        "    first (Linear)           (None, 7, 4)              20\n"
        "    second (Linear)          (None, 7, 4)              20\n"
        "  blocks.1 (Block)           (None, 7, 4)              0\n"
        "    first (Linear)           (None, 7, 4)              20\n"
        "    second (Linear)          (None, 7, 4)              20\n"
        "  unused (Dropout)           -                         0\n"
        "  head (Sequential)          (None, 7, 6)              0\n"
        "    linear (Linear)          (None, 7, 4)              20\n"
        "    re_lu (ReLU)             (None, 7, 4)              0\n"
        "    linear_1 (Linear)        (None, 7, 6)              0\n"
        "=================================================================\n"
        "Total params: 128\n"
        "Trainable params: 128\n"
        "Non-trainable params: 0\n"
        "_________________________________________________________________\n");
  std::int64_t sum = 0;
  for (const Tensor& parameter : model.parameters()) sum += parameter.numel();
  CHECK(table.total_params == sum);
}

TEST_CASE("a model with several inputs and results, called with one shape or several") {
  TwoInputs model;
  const Summary same = summary(model, {{.shape = {4}, .dtype = int32}, {.shape = {4}, .dtype = int64}});
  CHECK(same.rows.at(0).output_shape == "(None, 4, 3)");
  const Summary table = summary(model, {{.shape = {4}, .dtype = int32}, {.shape = {2}, .dtype = int32}});
  CHECK(table.rows.at(0).output_shape == "multiple");
  CHECK_THROWS_WITH(summary(model, {4}, int32), ContainsSubstring("TwoInputs: forward does not take 1 tensor"));
}

TEST_CASE("summary leaves modes, random state, gradients and embeddings with a max_norm as they were") {
  nn::Sequential model{nn::Embedding(5, 3, {.max_norm = 0.1}), nn::Dropout(0.5)};
  model[1].eval();
  const Tensor before = model.get<nn::Embedding>(0).weight.clone();
  manual_seed(3);
  const Tensor expected = rand({3});
  manual_seed(3);
  summary(model, {2}, int32);
  TwoInputs drawing;
  manual_seed(3);
  summary(drawing, {{.shape = {4}, .dtype = int32}, {.shape = {4}, .dtype = int32}});
  CHECK(equal(rand({3}), expected));
  CHECK(model.training);
  CHECK(model[0].training);
  CHECK_FALSE(model[1].training);
  CHECK(equal(model.get<nn::Embedding>(0).weight, before));
  CHECK(model.get<nn::Embedding>(0).max_norm == 0.1);
  CHECK_FALSE(drawing.uniform_drawn.requires_grad());
}

TEST_CASE("a model that cannot run says in which module, by the error's own kind, and is left as it was") {
  nn::Sequential model{nn::Embedding(5, 10), nn::Flatten(), nn::Linear(49, 2)};
  CHECK_THROWS_AS(summary(model, {5}, float32), TypeError);
  CHECK_THROWS_WITH(summary(model, {5}, float32), ContainsSubstring("Sequential cannot run: in '0' (Embedding): "));
  CHECK_THROWS_AS(summary(model, {5}, int32), ShapeError);
  CHECK_THROWS_WITH(summary(model, {5}, int32), ContainsSubstring("in '2' (Linear): "));
  CHECK(model.training);
  CHECK_THROWS_AS(summary(model, {-5}, int32), ShapeError);
}

TEST_CASE("a model may be const, a temporary, or one layer") {
  CHECK(summary(nn::Linear(3, 2), {3}).rows.at(0).name == "linear");
  const nn::Sequential model{nn::Linear(3, 2)};
  CHECK(summary(model, {4, 3}).rows.at(0).output_shape == "(None, 4, 2)");
  CHECK(summary(nn::Sequential{}, {3}).total_params == 0);
}
