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
#include "warnings.h"

using namespace taper;

TEST_CASE("a mean over ignored targets alone is not a number, their sum is 0") {
  const Tensor x = zeros({2, 3});
  const Tensor target = tensor({-100, -100});
  CHECK(std::isnan(cross_entropy(x, target).item<double>()));
  CHECK(cross_entropy(x, target, {.reduction = "sum"}).item<double>() == 0);
  CHECK(cross_entropy(x, target.to(int32), {.reduction = "none"}).to_vector<double>() == std::vector<double>{0, 0});
}

TEST_CASE("a target that is broadcast against the input is warned of, once for the same two shapes") {
  taper_test::Warnings warnings;
  const Tensor column = zeros({7, 1}), row = ones({7});
  for (int step = 0; step < 3; ++step) CHECK(mse_loss(column, row).item<double>() == 1);
  REQUIRE(warnings.said.size() == 1);
  CHECK(
      warnings.said[0] ==
      "mse_loss: the target's shape [7] differs from the input's [7, 1], so both are broadcast, which is seldom meant; "
      "give them one shape");
  (void)l1_loss(row, column, {.reduction = "sum"});
  REQUIRE(warnings.said.size() == 2);
  CHECK_THAT(warnings.said[1], taper_test::ContainsSubstring("l1_loss: the target's shape [7, 1]"));
  (void)mse_loss(row, row);
  (void)l1_loss(column, column);
  CHECK_THROWS_AS(mse_loss(row, ones({6})), ShapeError);
  CHECK_THROWS_WITH(l1_loss(row, ones({6})), taper_test::ContainsSubstring("l1_loss: shapes [7] and [6]"));
  CHECK(warnings.said.size() == 2);
}

TEST_CASE("the cosine with a zero vector is 0, no NaN, and its gradient PyTorch's") {
  const Tensor x = zeros({1, 3}, {.requires_grad = true});
  const Tensor other = ones({1, 3}, {.requires_grad = true});
  const Tensor y = cosine_similarity(x, other);
  CHECK(y.item<double>() == 0);
  y.backward();
  // The bound of 1e-8 stands in the length's place: 1e8 / sqrt(3).
  for (const double slope : x.grad().to_vector<double>()) CHECK(slope == Approx(57735028));
  CHECK(other.grad().to_vector<double>() == std::vector<double>{0, 0, 0});
  CHECK(cosine_similarity(zeros({2, 3}), zeros({2, 3})).to_vector<double>() == std::vector<double>{0, 0});
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
