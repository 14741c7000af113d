// What losses make of nothing and of zeros, cross entropy's gradient, and dropout's draws.
#include <cmath>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/base/generator.h"
#include "taper/nn/functional.h"
#include "taper/ops/close.h"
#include "taper/ops/create.h"
#include "taper/ops/loss.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"

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

TEST_CASE("the gradient of cross entropy may be asked for again, with another factor and on the tape") {
  manual_seed(1);
  const Tensor x = randn({5, 30}, {.dtype = float64, .requires_grad = true});
  const Tensor target = tensor({3, 29, -100, 0, 7});
  const Tensor exact = autograd::grad({nll_loss(x.log_softmax(1), target)}, {x})[0];
  const Tensor loss = cross_entropy(x, target);
  const Tensor kept = autograd::grad({loss}, {x}, {.retain_graph = true})[0];
  const Tensor twice =
      autograd::grad({loss}, {x}, {.grad_outputs = {tensor(2.0, {.dtype = float64})}, .retain_graph = true})[0];
  const Tensor taped = autograd::grad({loss}, {x}, {.create_graph = true})[0];
  loss.backward();
  CHECK(allclose(kept, exact, 1e-12, 1e-15));
  CHECK(allclose(twice, exact * 2, 1e-12, 1e-15));
  CHECK(allclose(taped, exact, 1e-12, 1e-15));
  CHECK(taped.requires_grad());
  CHECK(equal(x.grad(), kept));
  CHECK_THROWS_AS(loss.backward(), GradError);
}

TEST_CASE("a change of the logits in place after cross entropy does not change its gradient") {
  const Tensor leaf = zeros({2, 3}, {.requires_grad = true});
  Tensor x = leaf * 1;
  const Tensor loss = cross_entropy(x, tensor({0, 1}));
  x.fill_(9);
  loss.backward();
  CHECK(leaf.grad().to_vector<float>()[1] == Approx(1.0 / 6));
}
