// Losses against PyTorch.
#include <functional>

#include "catch.h"
#include "operation_cases.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/functional.h"
#include "taper/ops/create.h"
#include "taper/ops/loss.h"
#include "taper/ops/random.h"

using namespace taper;
using namespace taper_test;

namespace {

using Tensors = std::vector<Tensor>;
using Loss = std::function<Tensor(const Tensors&)>;

Loss binary_loss(const std::string& name) {
  if (name == "bce") return [](const Tensors& x) { return binary_cross_entropy(x[0], x[1], {.weight = x[2]}); };
  if (name == "bce_plain")
    return [](const Tensors& x) { return binary_cross_entropy(x[0], x[1], {.reduction = "none"}); };
  if (name == "logits")
    return [](const Tensors& x) {
      return binary_cross_entropy_with_logits(x[0], x[1], {.weight = x[2], .pos_weight = x[3]});
    };
  if (name == "logits_plain")
    return [](const Tensors& x) { return binary_cross_entropy_with_logits(x[0], x[1], {.reduction = "sum"}); };
  if (name == "cosine")
    return [](const Tensors& x) { return cosine_embedding_loss(x[0], x[1], x[2], {.margin = 0.2}); };
  if (name == "kl") return [](const Tensors& x) { return kl_div(x[0], x[1], {.reduction = "sum"}); };
  if (name == "kl_log")
    return [](const Tensors& x) { return kl_div(x[0], x[1], {.reduction = "none", .log_target = true}); };
  if (name == "kl_batchmean") return [](const Tensors& x) { return kl_div(x[0], x[1], {.reduction = "batchmean"}); };
  if (name == "cosine_similarity") return [](const Tensors& x) { return cosine_similarity(x[0], x[1]); };
  if (name == "layer_norm") return [](const Tensors& x) { return F::layer_norm(x[0], {4, 3}, x[1], x[2]); };
  if (name.starts_with("linear")) return [](const Tensors& x) { return F::linear(x[0], x[1], x[2]); };
  return {};
}

Loss loss_of(const std::string& name) {
  if (Loss loss = binary_loss(name)) return loss;
  const std::string kind = name.substr(0, name.find('_'));
  const std::string reduction = name.substr(name.rfind('_') + 1);
  if (kind == "mse") return [=](const Tensors& x) { return mse_loss(x[0], x[1], {.reduction = reduction}); };
  if (kind == "l1") return [=](const Tensors& x) { return l1_loss(x[0], x[1], {.reduction = reduction}); };
  if (kind == "nll") return [=](const Tensors& x) { return nll_loss(x[0], x[1], {.reduction = reduction}); };
  if (kind == "cross")
    return [=](const Tensors& x) {
      return cross_entropy(x[0], x[1], {.weight = x[2], .ignore_index = 2, .reduction = reduction});
    };
  if (name.starts_with("smooth_weight"))
    return [](const Tensors& x) {
      return cross_entropy(x[0], x[1], {.weight = x[2], .ignore_index = 2, .label_smoothing = 0.1});
    };
  if (kind == "smooth")
    return [](const Tensors& x) { return cross_entropy(x[0], x[1], {.ignore_index = 2, .label_smoothing = 0.3}); };
  if (name.starts_with("share_plain"))
    return [](const Tensors& x) { return cross_entropy(x[0], x[1], {.reduction = "none"}); };
  if (kind == "share")
    return [](const Tensors& x) { return cross_entropy(x[0], x[1], {.weight = x[2], .label_smoothing = 0.2}); };
  return {};
}

// Arguments "0", "1", ... of a case; those that have a gradient are leaves.
Tensors arguments_of(const Case& c) {
  Tensors result;
  for (int i = 0; c.count(std::to_string(i)) != 0; ++i) {
    const Tensor x = c.at(std::to_string(i)).clone();
    if (c.count("grad" + std::to_string(i)) != 0) x.requires_grad_();
    result.push_back(x);
  }
  return result;
}

}  // namespace

TEST_CASE("losses give PyTorch's numbers and gradients", "[parity]") {
  for (const auto& [key, c] : operation_cases("losses.npz")) {
    CAPTURE(key);
    const Loss loss = loss_of(case_name(key));
    REQUIRE(loss);
    const Tensors arguments = arguments_of(c);
    const Tensor out = loss(arguments);
    CHECK(near(out, c.at("out")));
    if (key.starts_with("nll")) CHECK(same_numbers(out, c.at("out")));
    Tensors leaves;
    for (const Tensor& x : arguments)
      if (x.requires_grad()) leaves.push_back(x);
    const Tensors grads = autograd::grad({out}, leaves, {.grad_outputs = {c.at("g")}});
    // A gradient may be small where larger numbers cancel.
    const double largest = c.at("g").abs().max().item<double>();
    for (std::size_t i = 0; i < grads.size(); ++i) {
      CAPTURE(i);
      CHECK(near(grads[i], c.at("grad" + std::to_string(i)), largest));
    }
  }
}

TEST_CASE("a mean over ignored targets alone is not a number, their sum is 0") {
  const Tensor x = zeros({2, 3});
  const Tensor target = tensor({-100, -100});
  CHECK(std::isnan(cross_entropy(x, target).item<double>()));
  CHECK(cross_entropy(x, target, {.reduction = "sum"}).item<double>() == 0);
  CHECK(cross_entropy(x, target.to(int32), {.reduction = "none"}).to_vector<double>() == std::vector<double>{0, 0});
}

TEST_CASE("the cosine of a zero vector is 0 and so is its loss's gradient") {
  const Tensor x = zeros({1, 3}, {.requires_grad = true});
  const Tensor y = cosine_similarity(x, ones({1, 3}));
  CHECK(y.item<double>() == 0);
}

TEST_CASE("dropout draws PyTorch's mask, and nothing where there is nothing to draw") {
  manual_seed(42);
  const Tensor x = ones({16}, {.requires_grad = true});
  const Tensor y = F::dropout(x, 0.1, true);
  CHECK(y.grad_fn_name() == "MulBackward0");
  CHECK(y.to_vector<float>()[0] == 1.11111116F);
  CHECK(rand({1}).item<float>() == 0.886013687F);
  manual_seed(0);
  CHECK(F::dropout(x, 0.1, true).to_vector<float>()[0] == 0);
  manual_seed(42);
  CHECK(F::dropout(x, 0.5, false).is(x));
  CHECK(F::dropout(x, 0).is(x));
  CHECK(F::dropout(x, 1).to_vector<float>() == std::vector<float>(16, 0));
  CHECK(rand({1}).item<float>() == 0.882269263F);
}
