#include <cmath>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/activation.h"
#include "taper/nn/dropout.h"
#include "taper/nn/flatten.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/nn/loss.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Numbers = std::vector<double>;

TEST_CASE("a Linear layer is x W^T + b over the last dimension") {
  nn::Linear fc(2, 3);
  {
    const NoGradGuard no_grad;
    fc.weight.copy_(tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}));
    fc.bias.copy_(tensor({10.0, 20.0, 30.0}));
  }
  CHECK(fc(tensor({1.0, 1.0})).to_vector<double>() == Numbers{13, 27, 41});
  CHECK(fc(ones({4, 5, 2})).shape() == Shape{4, 5, 3});
  CHECK_THROWS_AS(fc(ones({3})), ShapeError);
  const nn::Linear plain(2, 3, {.bias = false});
  CHECK_FALSE(plain.bias.defined());
  CHECK(plain.state_dict().size() == 1);
  CHECK_THROWS_WITH(nn::Linear(-1, 2), ContainsSubstring("in_features is -1"));
  CHECK_THROWS_AS(nn::Linear(1, 2, {.device = "cuda"}), ValueError);
  CHECK_THROWS_AS(nn::Linear(1, 2, {.dtype = int64}), TypeError);
}

TEST_CASE("Dropout drops in training alone") {
  manual_seed(0);
  nn::Dropout dropout(0.5);
  const Tensor x = ones({1000});
  const double mean = dropout(x).sum().item<double>() / 1000;
  CHECK(mean > 0.8);
  CHECK(mean < 1.2);
  CHECK(dropout(x).to_vector<double>() != x.to_vector<double>());
  dropout.eval();
  CHECK(dropout(x).is(x));
  CHECK_THROWS_WITH(nn::Dropout(1.5), ContainsSubstring("dropout probability has to be between 0 and 1, but got 1.5"));
  CHECK_THROWS_AS(nn::Dropout(std::nan("")), ValueError);
  nn::Dropout in_place({.p = 1.0, .inplace = true});
  Tensor y = ones({3});
  CHECK(in_place(y).is(y));
  CHECK(y.to_vector<double>() == Numbers{0, 0, 0});
}

TEST_CASE("LayerNorm starts as ones and zeros and normalises the last dimensions") {
  const nn::LayerNorm norm({2});
  CHECK(norm.weight.to_vector<double>() == Numbers{1, 1});
  CHECK(norm.bias.to_vector<double>() == Numbers{0, 0});
  const Numbers y = norm(tensor({{1.0, 3.0}})).to_vector<double>();
  CHECK(y[0] == Approx(-1).epsilon(1e-4));
  CHECK(y[1] == Approx(1).epsilon(1e-4));
  CHECK(nn::LayerNorm(2, {.elementwise_affine = false}).parameters().empty());
  CHECK_THROWS_AS(norm(ones({3})), ShapeError);
  CHECK_THROWS_AS(nn::LayerNorm(Shape{}), ValueError);
}

TEST_CASE("activations are the functions of their names") {
  const Tensor x = tensor({{-1.0, 0.5, 2.0}, {0.0, 1.0, -3.0}});
  const auto same = [](const Tensor& a, const Tensor& b) { return a.to_vector<float>() == b.to_vector<float>(); };
  CHECK(same(nn::ReLU()(x), relu(x)));
  CHECK(same(nn::GELU()(x), gelu(x)));
  CHECK(same(nn::GELU({.approximate = "tanh"})(x), gelu(x, "tanh")));
  CHECK(same(nn::SiLU()(x), silu(x)));
  CHECK(same(nn::Tanh()(x), tanh(x)));
  CHECK(same(nn::Sigmoid()(x), sigmoid(x)));
  CHECK(same(nn::LogSigmoid()(x), logsigmoid(x)));
  CHECK(same(nn::Softplus(2, 1)(x), softplus(x, 2, 1)));
  CHECK(same(nn::Softmax(0)(x), x.softmax(0)));
  CHECK(same(nn::Softmax()(x), x.softmax(1)));
  CHECK(same(nn::LogSoftmax(-1)(x), x.log_softmax(1)));
  CHECK(same(nn::Flatten(0)(x), x));
  CHECK(nn::Flatten()(ones({2, 3, 4})).shape() == Shape{2, 12});
  CHECK(nn::Identity()(x).is(x));
  CHECK_THROWS_AS(nn::GELU({.approximate = "fast"}), ValueError);
  Tensor y = x.clone();
  CHECK(nn::ReLU(true)(y).is(y));
  CHECK(same(y, relu(x)));
  CHECK(nn::SiLU(true)(y).is(y));
  CHECK(same(y, silu(relu(x))));
}

TEST_CASE("losses hand their keywords on, and keep a weight as a buffer") {
  const Tensor logits = tensor({{1.0, 2.0}, {0.5, -1.0}});
  const Tensor classes = tensor({0, 1});
  const Tensor weight = tensor({1.0, 3.0});
  const auto close = [](const Tensor& a, const Tensor& b) { return a.to_vector<float>() == b.to_vector<float>(); };
  nn::CrossEntropyLoss loss({.weight = weight, .reduction = "sum", .label_smoothing = 0.1});
  CHECK(close(loss(logits, classes),
              cross_entropy(logits, classes, {.weight = weight, .reduction = "sum", .label_smoothing = 0.1})));
  CHECK(loss.state_dict().contains("weight"));
  CHECK(loss.parameters().empty());
  CHECK(nn::CrossEntropyLoss().state_dict().empty());
  CHECK(close(nn::CrossEntropyLoss({.ignore_index = 0})(logits, classes),
              cross_entropy(logits, classes, {.ignore_index = 0})));
  CHECK(close(nn::NLLLoss({.weight = weight})(logits, classes), nll_loss(logits, classes, {.weight = weight})));
  const Tensor p = sigmoid(logits);
  const Tensor target = tensor({{0.0, 1.0}, {1.0, 0.0}});
  CHECK(close(nn::MSELoss()(p, target), mse_loss(p, target)));
  CHECK(close(nn::L1Loss({.reduction = "none"})(p, target), l1_loss(p, target, {.reduction = "none"})));
  CHECK(close(nn::BCELoss({.weight = weight})(p, target), binary_cross_entropy(p, target, {.weight = weight})));
  CHECK(close(nn::BCEWithLogitsLoss({.pos_weight = weight})(logits, target),
              binary_cross_entropy_with_logits(logits, target, {.pos_weight = weight})));
  const Tensor sign = tensor({1, -1});
  CHECK(close(nn::CosineEmbeddingLoss({.margin = 0.25})(p, target, sign),
              cosine_embedding_loss(p, target, sign, {.margin = 0.25})));
  CHECK(close(nn::KLDivLoss({.reduction = "batchmean", .log_target = true})(logits, p),
              kl_div(logits, p, {.reduction = "batchmean", .log_target = true})));
  CHECK_THROWS_AS(nn::MSELoss({.reduction = "average"})(p, target), ValueError);
}
