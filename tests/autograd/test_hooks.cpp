// Hooks on tensors. What is expected is what PyTorch 1.13.1 gives.
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

TEST_CASE("hooks run in the order of their registration, and retain_grad keeps what all have made") {
  const Tensor x = leaf();
  const Tensor y = x * 3;
  std::vector<double> seen;
  y.register_hook([&](const Tensor& g) {
    seen.push_back(numbers(g)[0]);
    return g * 2;
  });
  y.register_hook([&](const Tensor& g) { seen.push_back(numbers(g)[0]); });
  y.retain_grad();
  y.register_hook([&](const Tensor& g) {
    seen.push_back(numbers(g)[0]);
    return g * 10;
  });
  y.sum().backward();
  CHECK(seen == Numbers{1, 2, 2});
  CHECK(numbers(y.grad()) == Numbers{20, 20});
  CHECK(numbers(x.grad()) == Numbers{60, 60});
}

TEST_CASE("a leaf's hooks see the sum of what came, once, and autograd::grad runs none of them") {
  const Tensor x = leaf();
  std::vector<double> seen;
  x.register_hook([&](const Tensor& g) {
    seen.push_back(numbers(g)[0]);
    return g * 2;
  });
  x.register_hook([&](const Tensor& g) {
    seen.push_back(numbers(g)[0]);
    return g + 1;
  });
  (x * 3 + x * 4).sum().backward();
  CHECK(seen == Numbers{7, 14});
  CHECK(numbers(x.grad()) == Numbers{15, 15});
  CHECK(numbers(autograd::grad({(x * 3).sum()}, {x})[0]) == Numbers{3, 3});
  CHECK(seen.size() == 2);
}

TEST_CASE("autograd::grad gives a result's gradient before its hooks and lets theirs flow on") {
  const Tensor x = leaf();
  const Tensor y = x * 2;
  int calls = 0;
  y.register_hook([&](const Tensor& g) {
    ++calls;
    return g * 2;
  });
  y.retain_grad();
  const std::vector<Tensor> g = autograd::grad({(y * 3).sum()}, {y, x});
  CHECK(numbers(g[0]) == Numbers{3, 3});
  CHECK(numbers(g[1]) == Numbers{12, 12});
  CHECK(calls == 1);
  CHECK(numbers(y.grad()) == Numbers{6, 6});
}

TEST_CASE("hooks are recorded under create_graph and only there") {
  const Tensor x = leaf();
  const Tensor y = x * x;
  std::vector<bool> enabled;
  y.register_hook([&](const Tensor& g) {
    enabled.push_back(is_grad_enabled());
    return g * x;
  });
  const Tensor g = autograd::grad({y.sum()}, {x}, {.create_graph = true})[0];
  CHECK(numbers(g) == Numbers{2, 8});
  CHECK(numbers(autograd::grad({g.sum()}, {x})[0]) == Numbers{4, 8});
  const Tensor z = x * 1;
  z.register_hook([&](const Tensor&) { enabled.push_back(is_grad_enabled()); });
  z.sum().backward();
  CHECK(enabled == std::vector<bool>{true, false});
}

TEST_CASE("a hook may remove itself while it runs, and a handle may be used twice") {
  const Tensor x = leaf();
  const Tensor y = x * 2;
  std::vector<int> calls;
  HookHandle own = y.register_hook([&](const Tensor&) {
    calls.push_back(1);
    own.remove();
  });
  y.register_hook([&](const Tensor&) { calls.push_back(2); });
  const Tensor total = y.sum();
  total.backward({.retain_graph = true});
  total.backward();
  CHECK(calls == std::vector<int>{1, 2, 2});
  HookHandle on_leaf = x.register_hook([&](const Tensor&) {
    calls.push_back(3);
    on_leaf.remove();
    on_leaf.remove();
  });
  (x * 1).sum().backward();
  (x * 1).sum().backward();
  CHECK(calls == std::vector<int>{1, 2, 2, 3});
}

TEST_CASE("a hook's gradient has to have the shape and dtype of the one that it replaces") {
  const Tensor x = leaf();
  HookHandle wrong = x.register_hook([](const Tensor&) { return ones({3}); });
  CHECK_THROWS_AS(x.sum().backward(), ShapeError);
  CHECK_THROWS_WITH(x.sum().backward(), ContainsSubstring("shape [3] of one of shape [2]"));
  wrong.remove();
  const Tensor y = x * 2;
  y.register_hook([](const Tensor& g) { return g.to(float64); });
  CHECK_THROWS_AS(y.sum().backward(), TypeError);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("hooks and retain_grad are refused where no gradient comes") {
  const Tensor c = ones({2});
  CHECK_THROWS_AS(c.register_hook([](const Tensor& g) { return g; }), GradError);
  CHECK_THROWS_AS(c.retain_grad(), GradError);
}

TEST_CASE("a hook stays with what the tensor was before a change in place, a retained gradient follows the tensor") {
  const Tensor x = leaf();
  Tensor y = x * 2;
  Numbers seen;
  y.register_hook([&](const Tensor& g) { seen = numbers(g); });
  y.retain_grad();
  y.mul_(5);
  y.sum().backward();
  CHECK(seen == Numbers{5, 5});
  CHECK(numbers(y.grad()) == Numbers{1, 1});
  CHECK(numbers(x.grad()) == Numbers{10, 10});
}

TEST_CASE("retained gradients add up, and follow a view whose base is changed") {
  const Tensor x = leaf();
  const Tensor y = x * 2;
  y.retain_grad();
  y.retain_grad();
  CHECK(y.retains_grad());
  CHECK_FALSE(x.retains_grad());
  const Tensor total = y.sum();
  total.backward({.retain_graph = true});
  total.backward();
  CHECK(numbers(y.grad()) == Numbers{2, 2});
  Tensor base = x * 1;
  const Tensor view = base.slice(0, 0, 1);
  view.retain_grad();
  base.mul_(2);
  view.sum().backward();
  CHECK(numbers(view.grad()) == Numbers{1});
}

TEST_CASE("a retained gradient outlives detach_, and what retains it may end before backward") {
  const Tensor x = leaf();
  Tensor y = x * 2;
  y.retain_grad();
  Tensor total = y.sum();
  y.detach_();
  CHECK(y.is_leaf());
  total.backward({.retain_graph = true});
  CHECK(numbers(y.grad()) == Numbers{1, 1});
  y = Tensor();
  total.backward();
  CHECK(numbers(x.grad()) == Numbers{4, 4});
}

TEST_CASE("a hook may run a backward of its own, through other graphs, its own leaf, and its own graph") {
  const Tensor x = leaf();
  const Tensor w = tensor({3.0}, {.requires_grad = true});
  const Tensor y = x * 2;
  y.register_hook([&](const Tensor&) {
    const EnableGradGuard recording;
    (w * w).sum().backward();
    (x * 10).sum().backward();
  });
  y.sum().backward();
  CHECK(numbers(w.grad()) == Numbers{6});
  CHECK(numbers(x.grad()) == Numbers{12, 12});

  const Tensor a = leaf();
  const Tensor b = a * a;
  const Tensor total = b.sum();
  int runs = 0;
  b.register_hook([&](const Tensor&) {
    if (++runs < 3) total.backward({.retain_graph = true});
  });
  total.backward({.retain_graph = true});
  CHECK(runs == 3);
  CHECK(numbers(a.grad()) == Numbers{6, 12});
}

TEST_CASE("a hook that throws leaves every gradient as it was") {
  const Tensor x = leaf();
  const Tensor w = leaf();
  HookHandle bad = w.register_hook([](const Tensor& g) -> Tensor { throw ValueError("no " + g.str()); });
  CHECK_THROWS_AS((x * w).sum().backward(), ValueError);
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(w.grad().defined());
  bad.remove();
  (x * w).sum().backward();
  CHECK(numbers(x.grad()) == Numbers{1, 2});
}
