#include "catch.h"
#include "in_turn.h"
#include "taper/testing/assert_close.h"

using namespace taper;
using taper_program::InTurn;

namespace {

struct Block {
  Tensor centers, others, targets, weights;
};

// Large numbers, so that each center moves the others far.
Block block_of(const Shape& leading, std::int64_t run, std::int64_t columns, std::int64_t dim) {
  const auto shape = [&](std::int64_t rows, std::int64_t width) {
    std::vector<std::int64_t> sizes(leading.begin(), leading.end());
    sizes.insert(sizes.end(), {rows, width});
    return Shape(sizes);
  };
  return {randn(shape(run, dim)).requires_grad_(), randn(shape(columns, dim)).requires_grad_(),
          bernoulli(full(shape(run, columns), 0.3)), rand(shape(run, columns))};
}

Tensor plain_loss(const Tensor& centers, const Tensor& others, const Tensor& targets, const Tensor& weights) {
  return F::binary_cross_entropy_with_logits(matmul(centers, others.transpose(-2, -1)), targets,
                                             {.weight = weights, .reduction = "sum"});
}

}  // namespace

TEST_CASE("one step of a block in turn is a step of gradient descent for each of its centers") {
  manual_seed(5);
  const double rate = 0.1;
  const Block x = block_of({}, 7, 9, 4);
  const Tensor loss = InTurn::apply(x.centers, x.others, x.targets, x.weights, rate);
  loss.backward();

  Tensor others = x.others.detach().clone().requires_grad_();
  Tensor losses = zeros({});
  for (std::int64_t i = 0; i < 7; ++i) {
    const Tensor center = x.centers.detach().narrow(0, i, 1).clone().requires_grad_();
    const Tensor of_center = plain_loss(center, others, x.targets.narrow(0, i, 1), x.weights.narrow(0, i, 1));
    of_center.backward();
    CAPTURE(i);
    testing::assert_close(x.centers.grad().narrow(0, i, 1), center.grad(), {.rtol = 1e-4, .atol = 1e-5});
    others = (others.detach() - rate * others.grad()).requires_grad_();
    losses += of_center.detach();
  }
  testing::assert_close(loss.detach(), losses, {.rtol = 1e-5, .atol = 1e-5});
  testing::assert_close(x.others.detach() - rate * x.others.grad(), others.detach(), {.rtol = 1e-4, .atol = 1e-5});
}

TEST_CASE("blocks are learnt from in turn each by itself, and at rate 0 as at the same weights") {
  manual_seed(6);
  const Block all = block_of({3}, 5, 6, 4);
  InTurn::apply(all.centers, all.others, all.targets, all.weights, 0.1).backward();
  for (std::int64_t b = 0; b < 3; ++b) {
    const Tensor centers = all.centers.detach()[b].clone().requires_grad_();
    const Tensor others = all.others.detach()[b].clone().requires_grad_();
    InTurn::apply(centers, others, all.targets[b], all.weights[b], 0.1).backward();
    testing::assert_close(all.centers.grad()[b], centers.grad());
    testing::assert_close(all.others.grad()[b], others.grad());
  }
  const Tensor centers = all.centers.detach().clone().requires_grad_();
  const Tensor others = all.others.detach().clone().requires_grad_();
  all.centers.set_grad({});
  all.others.set_grad({});
  InTurn::apply(all.centers, all.others, all.targets, all.weights, 0.0).backward();
  plain_loss(centers, others, all.targets, all.weights).backward();
  testing::assert_close(all.centers.grad(), centers.grad());
  testing::assert_close(all.others.grad(), others.grad());
}

TEST_CASE("a cotangent scales the gradients in turn") {
  manual_seed(7);
  const Block x = block_of({}, 4, 5, 3);
  InTurn::apply(x.centers, x.others, x.targets, x.weights, 0.2).backward();
  const Tensor once = x.centers.grad().clone();
  x.centers.set_grad({});
  (InTurn::apply(x.centers, x.others, x.targets, x.weights, 0.2) * 2).backward();
  testing::assert_close(x.centers.grad(), once * 2);
}
