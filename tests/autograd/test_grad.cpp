// autograd::grad and the keywords of backward. What is expected is what PyTorch 1.13.1 gives.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

using Numbers = std::vector<double>;
Numbers numbers(const Tensor& x) { return x.to_vector<double>(); }
Tensor leaf() { return tensor({1.0, 2.0}, {.requires_grad = true}); }

}  // namespace

TEST_CASE("grad takes cotangents, undefined ones among them, and adds its outputs up") {
  const Tensor x = leaf();
  CHECK(numbers(autograd::grad({x * 2}, {x}, {.grad_outputs = {tensor({5.0, 6.0})}})[0]) == Numbers{10, 12});
  CHECK(numbers(autograd::grad({x * 2, (x * 3).sum()}, {x}, {.grad_outputs = {tensor({5.0, 6.0}), {}}})[0]) ==
        Numbers{13, 15});
  CHECK(numbers(autograd::grad({x.sum(), x.sum() * 3}, {x})[0]) == Numbers{4, 4});
  const std::vector<Tensor> twice = autograd::grad({x.sum()}, {x, x});
  CHECK(numbers(twice[0]) == Numbers{1, 1});
  CHECK(numbers(twice[1]) == Numbers{1, 1});
}

TEST_CASE("grad of a tensor with respect to itself is the cotangent") {
  const Tensor x = leaf();
  const Tensor y = x * 2;
  CHECK(numbers(autograd::grad({x}, {x}, {.grad_outputs = {ones({2})}})[0]) == Numbers{1, 1});
  CHECK(numbers(autograd::grad({y}, {y}, {.grad_outputs = {ones({2})}})[0]) == Numbers{1, 1});
  CHECK(numbers(autograd::grad({(y * y).sum(), y.sum()}, {y})[0]) == Numbers{5, 9});
}

TEST_CASE("a cotangent is converted to the output's dtype, and differentiated where it requires grad") {
  const Tensor x = leaf();
  const Tensor g = autograd::grad({x * 2}, {x}, {.grad_outputs = {tensor({5.0, 6.0}, float64)}})[0];
  CHECK(g.dtype() == float32);
  CHECK(numbers(g) == Numbers{10, 12});
  (x * 2).backward(tensor({1, 2}));
  CHECK(numbers(x.grad()) == Numbers{2, 4});
  const Tensor cotangent = tensor({1.0, 10.0}, {.requires_grad = true});
  autograd::grad({x * 2}, {x}, {.grad_outputs = {cotangent}, .create_graph = true})[0].sum().backward();
  CHECK(numbers(cotangent.grad()) == Numbers{2, 2});
}

TEST_CASE("grad says which argument does not fit") {
  const Tensor x = leaf();
  const Tensor c = ones({2});
  CHECK_THROWS_AS(autograd::grad({}, {x}), ValueError);
  CHECK_THROWS_AS(autograd::grad({x.sum()}, {}), ValueError);
  CHECK_THROWS_AS(autograd::grad({x * 2}, {x}, {.grad_outputs = {c, c}}), ValueError);
  CHECK_THROWS_AS(autograd::grad({x * 2}, {x}, {.grad_outputs = {ones({3})}}), ShapeError);
  CHECK_THROWS_AS(autograd::grad({x * 2}, {x}, {.grad_outputs = {ones({1})}}), ShapeError);
  CHECK_THROWS_AS(autograd::grad({x * 2}, {x}), GradError);
  CHECK_THROWS_AS(autograd::grad({c.sum()}, {x}), GradError);
  CHECK_THROWS_WITH(autograd::grad({x.sum()}, {x, c}, {.allow_unused = true}),
                    ContainsSubstring("input 1 does not require grad"));
}

TEST_CASE("grad spends a graph unless it is to be kept, or differentiated") {
  const Tensor x = leaf();
  const Tensor spent = (x * x).sum();
  (void)autograd::grad({spent}, {x});
  CHECK_THROWS_WITH(autograd::grad({spent}, {x}), ContainsSubstring("freed; pass retain_graph"));
  const Tensor kept = (x * x).sum();
  (void)autograd::grad({kept}, {x}, {.create_graph = true});
  CHECK(numbers(autograd::grad({kept}, {x})[0]) == Numbers{2, 4});
}

TEST_CASE("a graph that saved no tensors may be gone through again") {
  const Tensor x = leaf();
  const Tensor y = (x + 1).sum();
  y.backward();
  y.backward();
  CHECK(numbers(x.grad()) == Numbers{2, 2});
}

TEST_CASE("backward with inputs gives a gradient to those alone, results too") {
  const Tensor x = leaf();
  const Tensor w = leaf();
  (x * w).sum().backward({.inputs = {x, x}});
  CHECK(numbers(x.grad()) == Numbers{1, 2});
  CHECK_FALSE(w.grad().defined());
  const Tensor a = leaf();
  const Tensor y = a * 2;
  (y * y).sum().backward({.inputs = {y}});
  CHECK(numbers(y.grad()) == Numbers{4, 8});
  CHECK(y.retains_grad());
  CHECK_FALSE(a.grad().defined());
  const Tensor unused = leaf();
  autograd::backward({(a * 2).sum(), (a * 3).sum()}, {}, {.inputs = {a, unused}});
  CHECK(numbers(a.grad()) == Numbers{5, 5});
  CHECK_FALSE(unused.grad().defined());
  CHECK_THROWS_WITH((a * 2).sum().backward({.inputs = {a, ones({2})}}), ContainsSubstring("input 1"));
}

TEST_CASE("backward with inputs runs a leaf's hooks and keeps what a result on the way retains") {
  const Tensor x = leaf();
  x.register_hook([](const Tensor& g) { return g * 2; });
  const Tensor y = x * 2;
  y.retain_grad();
  (y * y).sum().backward({.inputs = {x}});
  CHECK(numbers(x.grad()) == Numbers{16, 32});
  CHECK(numbers(y.grad()) == Numbers{4, 8});
}

TEST_CASE("a leaf may be the root of a backward, and several roots add up") {
  const Tensor x = leaf();
  x.backward(ones({2}));
  CHECK(numbers(x.grad()) == Numbers{1, 1});
  autograd::backward({x.sum(), x * 2}, {Tensor(), tensor({1.0, 10.0})});
  CHECK(numbers(x.grad()) == Numbers{4, 22});
}

TEST_CASE("leaves are what no operation made, or what does not require grad") {
  const Tensor x = leaf();
  const Tensor y = x * 2;
  CHECK(x.is_leaf());
  CHECK(ones({2}).is_leaf());
  CHECK_FALSE(y.is_leaf());
  CHECK(y.detach().is_leaf());
  {
    const GradMode off(false);
    CHECK((x * 2).is_leaf());
  }
  CHECK_FALSE(y.grad().defined());
  CHECK_THROWS_AS(y.requires_grad_(false), GradError);
  CHECK_NOTHROW(y.requires_grad_());
  CHECK_THROWS_AS(ones({2}, int64).requires_grad_(), TypeError);
}

TEST_CASE("set_grad_enabled counts until it is called again, and a scope around it ends it") {
  const Tensor x = leaf();
  {
    const GradMode scope(true);
    set_grad_enabled(false);
    CHECK_FALSE((x * 2).requires_grad());
    set_grad_enabled(true);
    CHECK((x * 2).requires_grad());
    set_grad_enabled(false);
  }
  CHECK(is_grad_enabled());
}

TEST_CASE("set_grad_enabled's guard counts for the innermost scope") {
  const Tensor x = leaf();
  const GradMode on(true);
  {
    const GradMode off(false);
    CHECK_FALSE((x * 2).requires_grad());
    {
      const GradMode again(true);
      CHECK((x * 2).requires_grad());
    }
    CHECK_FALSE(is_grad_enabled());
  }
  CHECK((x * 2).requires_grad());
}
