// What may be changed in place, and what is refused before anything has changed. As PyTorch 1.13.1 has it.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

using Numbers = std::vector<double>;
Numbers numbers(const Tensor& x) { return x.to_vector<double>(); }
Tensor leaf() { return tensor({1.0, 2.0}, {.requires_grad = true}); }

struct Pieces {
  const char* name;
  Tensor (*first)(const Tensor& x);
};
const std::vector<Pieces> kPieces{
    {"chunk", [](const Tensor& x) { return x.chunk(2)[0]; }},
    {"split", [](const Tensor& x) { return x.split(1)[0]; }},
    {"split into sizes",
     [](const Tensor& x) {
       return x.split(Shape{1, 1})[0];
     }},
    {"unbind", [](const Tensor& x) { return x.unbind()[0]; }},
};

}  // namespace

TEST_CASE("a leaf that requires grad and every kind of view of it refuse changes, and keep their values") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}, {.requires_grad = true});
  CHECK_THROWS_WITH(x.add_(1), ContainsSubstring("add_: a leaf that requires grad"));
  CHECK_THROWS_WITH(x[0].add_(1), ContainsSubstring("a view of a leaf that requires grad"));
  CHECK_THROWS_AS(x.index_put_({0}, 5.0), GradError);
  CHECK_THROWS_AS(x.index_put_({tensor({0})}, 5.0), GradError);
  CHECK_THROWS_AS(x.t()[0].mul_(2), GradError);
  CHECK_THROWS_AS(x.view({4}).zero_(), GradError);
  CHECK_THROWS_AS(x.fill_(1), GradError);
  CHECK_THROWS_AS(x.copy_(zeros({2, 2})), GradError);
  CHECK_THROWS_AS(x.uniform_(), GradError);
  CHECK_THROWS_AS(x.masked_fill_(x > 0, 0), GradError);
  for (const Pieces& pieces : kPieces) {
    INFO(pieces.name);
    CHECK_THROWS_AS(pieces.first(x).add_(1), GradError);
  }
  CHECK(numbers(x) == Numbers{1, 2, 3, 4});
  CHECK(x.version() == 0);
}

TEST_CASE("one of several views made at once is not changed in place where gradients are wanted") {
  for (const Pieces& pieces : kPieces) {
    INFO(pieces.name);
    const Tensor y = leaf() * 2;
    CHECK_THROWS_WITH(pieces.first(y).add_(1), ContainsSubstring("one of several views"));
    CHECK_THROWS_AS(pieces.first(y).view({1}).mul_(3), GradError);
    Tensor constant = ones({2});
    const Tensor operand = leaf().sum();
    CHECK_THROWS_AS(pieces.first(constant).mul_(operand), GradError);
    CHECK(numbers(y) == Numbers{2, 4});
    CHECK(numbers(constant) == Numbers{1, 1});
    pieces.first(constant).add_(1);
    CHECK(numbers(constant) == Numbers{2, 1});
    const NoGradGuard no_grad;
    pieces.first(y).add_(1);
    CHECK(numbers(y) == Numbers{3, 4});
    CHECK(y.version() == 1);
  }
}

TEST_CASE("a view made under a NoGradGuard is changed under one, or not at all") {
  const Tensor result = leaf() * 2;
  const Tensor constant = ones({2});
  Tensor views[3];
  const Tensor x = leaf();
  {
    const NoGradGuard no_grad;
    views[0] = x.slice(0, 0, 1);
    views[1] = result.slice(0, 0, 1);
    views[2] = constant.slice(0, 0, 1);
  }
  CHECK_FALSE(views[0].requires_grad());
  CHECK_THROWS_WITH(views[0].add_(1), ContainsSubstring("made under a NoGradGuard"));
  CHECK_THROWS_AS(views[1].mul_(2), GradError);
  CHECK_THROWS_AS(views[2].mul_(leaf().sum()), GradError);
  CHECK(numbers(x) == Numbers{1, 2});
  CHECK(numbers(result) == Numbers{2, 4});
  views[2].mul_(2);
  CHECK(numbers(constant) == Numbers{2, 1});
  const NoGradGuard no_grad;
  views[0].add_(1);
  CHECK(numbers(x) == Numbers{2, 2});
  CHECK(x.version() == 1);
}

TEST_CASE("a view made under a NoGradGuard shows a stepped parameter and stays outside the tape") {
  Tensor x = leaf();
  Tensor view;
  {
    const NoGradGuard no_grad;
    view = x.view({2, 1});
    x -= 1;
  }
  CHECK(numbers(view) == Numbers{0, 1});
  CHECK_FALSE(view.requires_grad());
  CHECK_FALSE((view * 2).requires_grad());
}

TEST_CASE("detach_ leaves the tape in place, and refuses views") {
  const Tensor x = leaf();
  Tensor y = x * 2;
  const Tensor before = y * y;
  const Tensor view = y.slice(0, 0, 1);
  CHECK(y.detach_().is(y));
  CHECK_FALSE(y.requires_grad());
  CHECK(y.grad_fn_name().empty());
  CHECK(view.requires_grad());
  CHECK(y.version() == 0);
  before.sum().backward();
  CHECK(numbers(x.grad()) == Numbers{8, 16});
  y.requires_grad_();
  CHECK(y.is_leaf());
  Tensor again = x * 2;
  CHECK_THROWS_WITH(again[0].detach_(), ContainsSubstring("detach()"));
  CHECK_THROWS_AS(ones({2})[0].detach_(), GradError);
  Tensor leaving = leaf();
  leaving.detach_();
  CHECK_FALSE(leaving.requires_grad());
  leaving.add_(1);
  CHECK(numbers(leaving) == Numbers{2, 3});
}

TEST_CASE("detach shares the version, so that a change through it is found") {
  const Tensor x = leaf();
  const Tensor y = x * x;
  x.detach().add_(1);
  CHECK(x.version() == 1);
  CHECK_THROWS_WITH(y.sum().backward(), ContainsSubstring("saved at version 0, now 1"));
}

TEST_CASE("unbind takes a dimension apart") {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}, {.requires_grad = true});
  const std::vector<Tensor> columns = x.unbind(-1);
  REQUIRE(columns.size() == 2);
  CHECK(numbers(columns[1]) == Numbers{2, 4});
  CHECK(columns[1].grad_fn_name() == "UnbindBackward0");
  (columns[0] * columns[1]).sum().backward();
  CHECK(numbers(x.grad()) == Numbers{2, 1, 4, 3});
}
