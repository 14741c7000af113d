// Mistakes that every user makes once: what they are told, and that nothing has changed.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/matmul.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;

TEST_CASE("a product of matrices that do not fit names both shapes and both inner sizes") {
  const Tensor a = ones({2, 3}, {.requires_grad = true});
  const Tensor b = ones({4, 5});
  CHECK_THROWS_AS(a.matmul(b), ShapeError);
  CHECK_THROWS_WITH(a.matmul(b), "matmul: (2x3) x (4x5): inner 3 vs 4");
  CHECK_THROWS_WITH(a.mm(b), ContainsSubstring("(2x3) x (4x5): inner 3 vs 4"));
}

TEST_CASE("shapes that do not broadcast are both named whole, with the dimension and its two sizes") {
  const Tensor a = ones({2, 3});
  const Tensor b = ones({5, 1, 4});
  CHECK_THROWS_AS(a + b, ShapeError);
  CHECK_THROWS_WITH(a + b, "add: shapes [2, 3] and [5, 1, 4] do not broadcast: 3 vs 4 at dimension 2");
  Tensor c = ones({3});
  CHECK_THROWS_WITH(c *= ones({4}), ContainsSubstring("shapes [3] and [4]") && ContainsSubstring("3 vs 4"));
  CHECK(c.to_vector<double>() == std::vector<double>{1, 1, 1});
  CHECK(c.version() == 0);
}

TEST_CASE("backward names the shape where it needs a cotangent, and the operation where nothing was recorded") {
  const Tensor x = ones({2, 3}, {.requires_grad = true});
  const Tensor y = x * 2;
  CHECK_THROWS_AS(y.backward(), GradError);
  CHECK_THROWS_WITH(y.backward(), ContainsSubstring("shape [2, 3] from MulBackward0"));
  const Tensor unrecorded = (x.detach() * 2).sum();
  CHECK_THROWS_AS(unrecorded.backward(), GradError);
  CHECK_THROWS_WITH(unrecorded.backward(), ContainsSubstring("does not require grad and has no grad_fn"));
  CHECK_THROWS_AS(autograd::backward({y.sum(), unrecorded}), GradError);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a second backward says what to pass to the first") {
  const Tensor x = ones({2}, {.requires_grad = true});
  const Tensor y = (x * x).sum();
  y.backward();
  CHECK_THROWS_AS(y.backward(), GradError);
  CHECK_THROWS_WITH(y.backward(), ContainsSubstring("freed; pass retain_graph"));
  const Tensor shared = x * x;
  const Tensor first = shared.exp().sum();
  first.backward();
  CHECK_THROWS_WITH(shared.sum().backward(), ContainsSubstring("mul: the graph has been freed"));
  CHECK(x.grad().to_vector<double>()[0] == x.grad().to_vector<double>()[1]);
}

TEST_CASE("an operand whose numbers backward does not read may change, or go, meanwhile") {
  const Tensor w = ones({2}, {.requires_grad = true});
  Tensor h = w * 1;
  Tensor z = h * 3.0;
  h.add_(1);  // z's backward reads the 3 alone
  z.sum().backward();
  CHECK(w.grad().to_vector<double>() == std::vector<double>{3, 3});
  const Tensor m = ones({2, 2}, {.requires_grad = true});
  Tensor left = m * 1;
  const Tensor product = left.mm(ones({2, 2}));
  const Tensor quotient = left / 2;
  left.mul_(5);
  (product + quotient).sum().backward();
  CHECK(m.grad().to_vector<double>() == std::vector<double>(4, 2.5));
  Tensor constant = ones({2});
  const Tensor y = w * constant;
  constant.add_(1);
  CHECK_THROWS_AS(y.sum().backward(), GradError);
}
