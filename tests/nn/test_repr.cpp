#include <fstream>
#include <limits>
#include <map>
#include <string>

#include "catch.h"
#include "dump.h"
#include "taper/fmt.h"
#include "taper/nn/activation.h"
#include "taper/nn/container.h"
#include "taper/nn/dropout.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/nn/flatten.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/nn/loss.h"
#include "taper/nn/lstm.h"
#include "taper/ops/create.h"

using namespace taper;

namespace {

struct Block : nn::Module {
  nn::LayerNorm norm{4};
  nn::Linear fc{4, 4, {.bias = false}};
  std::string extra_repr() const override { return "width=4\ndepth=1"; }
  TAPER_MODULE(norm, fc)
};

struct Model : nn::Module {
  nn::Parameter scale{ones({2})};
  nn::Embedding embedding{5, 4, {.padding_idx = 0}};
  nn::ModuleList<Block> blocks{Block(), Block()};
  nn::Sequential head{nn::Dropout(0.1), nn::Linear(4, 2)};
  std::string extra_repr() const override { return "k=1"; }
  TAPER_MODULE(scale, embedding, blocks, head)
};

template <class T>
struct Generic : nn::Module {
  TAPER_MODULE()
};

struct Outer {
  struct Inner : nn::Module {
    TAPER_MODULE()
  };
};

// The texts of the dump by their Python expressions.
std::map<std::string, std::string> read_dump() {
  std::ifstream in(taper_test::dump_path("module_repr.txt"));
  std::map<std::string, std::string> texts;
  std::string line;
  std::string* text = nullptr;
  for (std::getline(in, line); std::getline(in, line);) {
    if (line.starts_with("= "))
      text = &texts[line.substr(2)];
    else
      *text += (text->empty() ? "" : "\n") + line;
  }
  return texts;
}

std::map<std::string, std::string> our_texts() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Tensor two = ones({2, 2});
  const nn::Sequential inner(nn::Tanh(), nn::Sequential().append(nn::ReLU(true)), nn::Identity());
  return {
      {"nn.Embedding(10, 3)", nn::Embedding(10, 3).str()},
      {"nn.Embedding(10, 3, padding_idx=-1, max_norm=1.0, scale_grad_by_freq=True, sparse=True)",
       nn::Embedding(10, 3, {.padding_idx = -1, .max_norm = 1.0, .scale_grad_by_freq = true, .sparse = true}).str()},
      {"nn.Embedding(10, 3, max_norm=1.5, norm_type=float('inf'))",
       nn::Embedding(10, 3, {.max_norm = 1.5, .norm_type = infinity}).str()},
      {"nn.Embedding(10, 3, norm_type=1.0)", nn::Embedding(10, 3, {.norm_type = 1.0}).str()},
      {"nn.Embedding.from_pretrained(torch.ones(2, 2), padding_idx=1)",
       nn::Embedding::from_pretrained(two, {.padding_idx = 1}).str()},
      {"nn.EmbeddingBag(10, 3)", nn::EmbeddingBag(10, 3).str()},
      {"nn.EmbeddingBag(10, 3, max_norm=1.0, scale_grad_by_freq=True, mode='sum', sparse=True, padding_idx=0)",
       nn::EmbeddingBag(10, 3,
                        {.max_norm = 1.0, .scale_grad_by_freq = true, .mode = "sum", .sparse = true, .padding_idx = 0})
           .str()},
      {"nn.Linear(3, 4)", nn::Linear(3, 4).str()},
      {"nn.Linear(3, 4, bias=False)", nn::Linear(3, 4, {.bias = false}).str()},
      {"nn.Identity()", nn::Identity().str()},
      {"nn.Flatten()", nn::Flatten().str()},
      {"nn.Flatten(0, 1)", nn::Flatten(0, 1).str()},
      {"nn.Dropout()", nn::Dropout().str()},
      {"nn.Dropout(0.25, inplace=True)", nn::Dropout({.p = 0.25, .inplace = true}).str()},
      {"nn.LayerNorm(5)", nn::LayerNorm({5}).str()},
      {"nn.LayerNorm((2, 3), eps=1e-06, elementwise_affine=False)",
       nn::LayerNorm({2, 3}, {.eps = 1e-6, .elementwise_affine = false}).str()},
      {"nn.LSTM(3, 4)", nn::LSTM(3, 4).str()},
      {"nn.LSTM(3, 4, num_layers=2, batch_first=True, dropout=0.25, bidirectional=True)",
       nn::LSTM(3, 4, {.num_layers = 2, .batch_first = true, .dropout = 0.25, .bidirectional = true}).str()},
      {"nn.LSTM(10, 20, bias=False, proj_size=5)", nn::LSTM(10, 20, {.bias = false, .proj_size = 5}).str()},
      {"nn.LSTMCell(2, 3)", nn::LSTMCell(2, 3).str()},
      {"nn.LSTMCell(2, 3, bias=False)", nn::LSTMCell(2, 3, {.bias = false}).str()},
      {"nn.ReLU()", nn::ReLU().str()},
      {"nn.ReLU(inplace=True)", nn::ReLU(true).str()},
      {"nn.GELU()", nn::GELU().str()},
      {"nn.GELU(approximate='tanh')", nn::GELU({.approximate = "tanh"}).str()},
      {"nn.SiLU()", nn::SiLU().str()},
      {"nn.Tanh()", nn::Tanh().str()},
      {"nn.Sigmoid()", nn::Sigmoid().str()},
      {"nn.LogSigmoid()", nn::LogSigmoid().str()},
      {"nn.Softplus()", nn::Softplus().str()},
      {"nn.Softplus(2.5, 10)", nn::Softplus(2.5, 10).str()},
      {"nn.Softmax()", nn::Softmax().str()},
      {"nn.Softmax(1)", nn::Softmax(1).str()},
      {"nn.LogSoftmax(-1)", nn::LogSoftmax(-1).str()},
      {"nn.MSELoss()", nn::MSELoss().str()},
      {"nn.L1Loss()", nn::L1Loss().str()},
      {"nn.NLLLoss()", nn::NLLLoss().str()},
      {"nn.CrossEntropyLoss(weight=torch.ones(3))", nn::CrossEntropyLoss({.weight = ones({3})}).str()},
      {"nn.BCELoss()", nn::BCELoss().str()},
      {"nn.BCEWithLogitsLoss()", nn::BCEWithLogitsLoss().str()},
      {"nn.CosineEmbeddingLoss()", nn::CosineEmbeddingLoss().str()},
      {"nn.KLDivLoss()", nn::KLDivLoss().str()},
      {"nn.Sequential()", nn::Sequential().str()},
      {"nn.Sequential(nn.Embedding(10, 3), nn.ReLU(), nn.Linear(3, 1))",
       nn::Sequential(nn::Embedding(10, 3), nn::ReLU(), nn::Linear(3, 1)).str()},
      {"nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Tanh(), nn.Sequential(nn.ReLU(inplace=True)), nn.Identity()), "
       "nn.Sequential())",
       nn::Sequential(nn::Linear(2, 2), inner, nn::Sequential()).str()},
      {"nn.ModuleList()", nn::ModuleList<nn::Linear>().str()},
      {"Block()", Block().str()},
      {"Model()", Model().str()},
  };
}

}  // namespace

TEST_CASE("modules are printed as PyTorch prints them", "[parity]") {
  const auto expected = read_dump();
  const auto texts = our_texts();
  CHECK(texts.size() == expected.size());
  for (const auto& [expression, text] : expected) {
    INFO(expression);
    REQUIRE(texts.contains(expression));
    CHECK(texts.at(expression) == text);
  }
}

TEST_CASE("a struct is printed under its own name, without namespaces, scopes and template arguments") {
  CHECK(Generic<std::map<int, std::string>>().str() == "Generic()");
  CHECK(Outer::Inner().str() == "Inner()");
  CHECK(Model().name() == "Model");
  CHECK(fmt::format("{}|{}", Generic<int>(), nn::Embedding(2, 3)) == "Generic()|Embedding(2, 3)");
}
