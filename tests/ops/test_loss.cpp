// What losses make of nothing and of zeros, and dropout's draws.
#include <cmath>

#include "catch.h"
#include "taper/base/generator.h"
#include "taper/nn/functional.h"
#include "taper/ops/create.h"
#include "taper/ops/loss.h"
#include "taper/ops/random.h"

using namespace taper;

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
