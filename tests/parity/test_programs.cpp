// The programs of python_parity/make_programs.py, trained from the same seed, loss by loss.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "catch.h"
#include "dump.h"
#include "taper/base/generator.h"
#include "taper/data/dataloader.h"
#include "taper/io/tensor_files.h"
#include "taper/nn/activation.h"
#include "taper/nn/container.h"
#include "taper/nn/dropout.h"
#include "taper/nn/embedding.h"
#include "taper/nn/functional.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/nn/lstm.h"
#include "taper/ops/create.h"
#include "taper/ops/random.h"
#include "taper/ops/shape.h"
#include "taper/optim/adam.h"
#include "taper/optim/adamw.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"

using namespace taper;
using taper_test::dump_path;

namespace {

constexpr int kSteps = 50;
using Losses = std::vector<double>;

template <class Optimizer, class Loss>
double step(Optimizer& optimizer, Loss loss_of) {
  optimizer.zero_grad();
  const Tensor loss = loss_of();
  loss.backward();
  optimizer.step();
  return loss.item<double>();
}

Losses train_mlp(DType dtype) {
  const Tensor x = randn({64, 8}, dtype);
  const Tensor y = (x * x).sum(1, true) + x.narrow(1, 0, 1);
  // Braces, so that the layers draw their first numbers in the written order.
  nn::Sequential model{nn::Linear(8, 32, {.dtype = dtype}), nn::ReLU(), nn::Linear(32, 16, {.dtype = dtype}),
                       nn::Tanh(), nn::Linear(16, 1, {.dtype = dtype})};
  optim::SGD optimizer(model.parameters(), {.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-3});
  Losses losses;
  for (int i = 0; i < kSteps; ++i) losses.push_back(step(optimizer, [&] { return F::mse_loss(model(x), y); }));
  return losses;
}

// Words to one of two classes by the mean of those that are not padding.
struct Classifier : nn::Module {
  nn::Embedding embedding;
  nn::Linear fc;
  Classifier(std::int64_t words, std::int64_t dim, DType dtype)
      : embedding(words, dim, {.padding_idx = 0, .dtype = dtype}), fc(dim, 2, {.dtype = dtype}) {}
  Tensor forward(const Tensor& ids) {
    const Tensor there = (ids != 0).to(fc.weight.dtype());
    const Tensor total = (embedding(ids) * there.unsqueeze(2)).sum(1);
    return fc(total / there.sum(1, true));
  }
  TAPER_MODULE(embedding, fc)
};

Losses train_classifier(DType dtype) {
  const Tensor lengths = randint(1, 9, {64, 1});
  const Tensor ids = randint(1, 50, {64, 8}) * (arange(8) < lengths);
  const Tensor labels = randint(0, 2, {64});
  Classifier model(50, 16, dtype);
  optim::Adam optimizer(model.parameters(), {.lr = 0.02});
  data::DataLoader loader(data::TensorDataset(ids, labels), {.batch_size = 16, .shuffle = true});
  Losses losses;
  while (losses.size() < kSteps)
    for (auto [batch, classes] : loader) {
      if (losses.size() == kSteps) break;
      losses.push_back(step(
          optimizer, [&model, batch = batch, classes = classes] { return F::cross_entropy(model(batch), classes); }));
    }
  return losses;
}

struct SkipGram : nn::Module {
  nn::Embedding center, context;
  SkipGram(std::int64_t words, std::int64_t dim, DType dtype)
      : center(words, dim, {.sparse = true, .dtype = dtype}), context(words, dim, {.sparse = true, .dtype = dtype}) {}
  Tensor forward(const Tensor& words, const Tensor& positives, const Tensor& negatives) {
    const Tensor v = center(words);
    const Tensor score = (v * context(positives)).sum(-1);
    const Tensor noise = bmm(context(negatives), v.unsqueeze(2)).squeeze(2);
    return -(F::logsigmoid(score).sum() + F::logsigmoid(-noise).sum());
  }
  TAPER_MODULE(center, context)
};

template <class Optimizer, class Options>
Losses train_skipgram(DType dtype, const Options& options) {
  SkipGram model(40, 12, dtype);
  const Tensor frequencies = rand({40}, float64) + 0.1;
  Optimizer optimizer(model.parameters(), options);
  Losses losses;
  for (int i = 0; i < kSteps; ++i) {
    const Tensor words = randint(0, 40, {16});
    const Tensor positives = randint(0, 40, {16});
    const Tensor negatives = multinomial(frequencies, 80, true).view({16, 5});
    losses.push_back(step(optimizer, [&] { return model(words, positives, negatives); }));
  }
  return losses;
}

struct BertBlock : nn::Module {
  nn::Embedding word_embeddings, position_embeddings, token_type_embeddings;
  nn::LayerNorm norm;
  nn::Dropout dropout;
  nn::Linear decoder;
  BertBlock(std::int64_t words, std::int64_t positions, std::int64_t dim, DType dtype)
      : word_embeddings(words, dim, {.padding_idx = 0, .dtype = dtype}),
        position_embeddings(positions, dim, {.dtype = dtype}),
        token_type_embeddings(2, dim, {.dtype = dtype}),
        norm(dim, {.eps = 1e-12, .dtype = dtype}),
        dropout(0.1),
        decoder(dim, words, {.dtype = dtype}) {}
  Tensor forward(const Tensor& ids, const Tensor& types) {
    const Tensor positions = arange(ids.size(1)).expand(ids.shape());
    const Tensor total = word_embeddings(ids) + position_embeddings(positions) + token_type_embeddings(types);
    return decoder(dropout(norm(total)));
  }
  TAPER_MODULE(word_embeddings, position_embeddings, token_type_embeddings, norm, dropout, decoder)
};

Losses train_bert(DType dtype) {
  const Tensor ids = randint(0, 30, {8, 10});
  const Tensor types = randint(0, 2, {8, 10});
  BertBlock model(30, 10, 24, dtype);
  optim::AdamW optimizer(model.parameters(), {.lr = 5e-3, .weight_decay = 0.05});
  Losses losses;
  for (int i = 0; i < kSteps; ++i)
    losses.push_back(step(optimizer, [&] {
      return F::cross_entropy(model(ids, types).flatten(0, 1), ids.flatten(), {.ignore_index = 0});
    }));
  return losses;
}

// Each word to one of three classes, by the words on both sides of it.
struct Tagger : nn::Module {
  nn::Embedding embedding;
  nn::LSTM lstm;
  nn::Linear fc;
  Tagger(std::int64_t words, std::int64_t dim, std::int64_t hidden, DType dtype)
      : embedding(words, dim, {.dtype = dtype}),
        lstm(dim, hidden,
             {.num_layers = 2, .batch_first = true, .dropout = 0.2, .bidirectional = true, .dtype = dtype}),
        fc(2 * hidden, 3, {.dtype = dtype}) {}
  Tensor forward(const Tensor& ids) { return fc(lstm(embedding(ids)).first); }
  TAPER_MODULE(embedding, lstm, fc)
};

Losses train_tagger(DType dtype) {
  const Tensor ids = randint(0, 30, {8, 6});
  const Tensor tags = randint(0, 3, {8, 6});
  Tagger model(30, 8, 12, dtype);
  optim::Adam optimizer(model.parameters(), {.lr = 0.01});
  Losses losses;
  for (int i = 0; i < kSteps; ++i)
    losses.push_back(step(optimizer, [&] { return F::cross_entropy(model(ids).flatten(0, 1), tags.flatten()); }));
  return losses;
}

const std::map<std::string, std::function<Losses(DType)>>& programs() {
  static const std::map<std::string, std::function<Losses(DType)>> table{
      {"mlp", &train_mlp},
      {"classifier", &train_classifier},
      {"bert", &train_bert},
      {"tagger", &train_tagger},
      {"skipgram_sparse_adam",
       [](DType dtype) { return train_skipgram<optim::SparseAdam>(dtype, optim::SparseAdamOptions{.lr = 0.05}); }},
      {"skipgram_sgd", [](DType dtype) { return train_skipgram<optim::SGD>(dtype, optim::SGDOptions{.lr = 0.1}); }},
  };
  return table;
}

// For docs/parity.md.
void report(const std::string& program, const std::string& dtype, int equal, double difference) {
  if (const char* folder = std::getenv("TAPER_PARITY_DIR"))
    std::ofstream(std::string(folder) + "/programs.txt", std::ios::app)
        << program << ' ' << dtype << ' ' << equal << ' ' << difference << '\n';
}

}  // namespace

TEST_CASE("programs trained for fifty steps from a seed alone have PyTorch's losses, step by step", "[parity]") {
  const TensorMap dump = load(dump_path("programs.npz"));
  for (const DType dtype : {float32, float64})
    for (const auto& [name, train] : programs()) {
      const std::string key = std::string(taper::name(dtype)) + '.' + name;
      INFO(key);
      manual_seed(dump.at("seed").item<std::int64_t>());
      const Losses found = train(dtype), expected = dump.at(key).to_vector<double>();
      REQUIRE(found.size() == kSteps);
      REQUIRE(expected.size() == kSteps);
      double worst = 0;
      int equal = 0;
      for (std::size_t i = 0; i < kSteps; ++i) {
        worst = std::max(worst, std::abs(found[i] - expected[i]) / std::abs(expected[i]));
        equal += found[i] == expected[i];
      }
      CHECK(worst <= (dtype == float32 ? 1e-5 : 1e-12));
      CHECK(expected.back() < expected.front());
      report(name, std::string(taper::name(dtype)), equal, worst);
    }
}
