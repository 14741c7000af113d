#include <thread>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/base/memory.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

std::vector<double> numbers(const Tensor& x) { return x.to_vector<double>(); }

}  // namespace

TEST_CASE("backward leaves the gradient of a sum of squares in grad") {
  Tensor x = tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  Tensor y = (x * x).sum();
  y.backward();
  CHECK(numbers(x.grad()) == std::vector<double>{2, 4, 6});
  CHECK(y.grad_fn_name() == "SumBackward0");
  CHECK_FALSE(x.grad().requires_grad());
}

TEST_CASE("gradients of several backwards add up, in the same memory") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  (x * 3).sum().backward();
  const Tensor first = x.grad();
  (x * 4).sum().backward();
  CHECK(x.grad().is(first));
  CHECK(numbers(first) == std::vector<double>{7, 7});
}

TEST_CASE("a gradient handed over from outside is copied, not taken") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor cotangent = tensor({5.0, 6.0});
  (x + 0).backward(cotangent);
  cotangent.fill_(0);
  CHECK(numbers(x.grad()) == std::vector<double>{5, 6});
}

TEST_CASE("a tensor used twice gets both gradients") {
  Tensor x = tensor({2.0}, {.requires_grad = true});
  Tensor y = x * x;
  (y * y + y).sum().backward();
  CHECK(x.grad().item<double>() == 4 * 8 + 4);
}

TEST_CASE("a spent graph says so") {
  Tensor x = tensor({2.0}, {.requires_grad = true});
  Tensor y = (x * x).sum();
  y.backward();
  CHECK_THROWS_MATCHES(
      y.backward(), GradError,
      Catch::Matchers::Message("mul: the graph has been freed; pass retain_graph = true to the first backward"));
  CHECK(x.grad().item<double>() == 4);
  Tensor z = (x * x).sum();
  z.backward({.retain_graph = true});
  z.backward();
  CHECK(x.grad().item<double>() == 12);
}

TEST_CASE("backward asks for a graph, one element, or a fitting gradient") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  CHECK_THROWS_WITH(tensor({1.0}).backward(), ContainsSubstring("does not require grad"));
  CHECK_THROWS_WITH((x * 2).backward(), ContainsSubstring("shape [2] from MulBackward0"));
  CHECK_THROWS_AS((x * 2).backward(ones({3})), ShapeError);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("nothing is recorded under NoGradGuard") {
  Tensor x = tensor({1.0}, {.requires_grad = true});
  {
    const NoGradGuard guard;
    CHECK_FALSE(is_grad_enabled());
    CHECK_FALSE((x * 2).requires_grad());
    const EnableGradGuard inner;
    CHECK((x * 2).requires_grad());
  }
  CHECK(is_grad_enabled());
}

TEST_CASE("grad gives gradients without touching grad, and again") {
  Tensor x = tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  Tensor g = autograd::grad({(x * x * x).sum()}, {x}, {.create_graph = true})[0];
  CHECK(numbers(g) == std::vector<double>{3, 12, 27});
  CHECK_FALSE(x.grad().defined());
  g.sum().backward();
  CHECK(numbers(x.grad()) == std::vector<double>{6, 12, 18});
}

TEST_CASE("grad reaches results in the middle of a graph and skips the rest") {
  Tensor x = tensor({3.0}, {.requires_grad = true});
  Tensor y = x * x;
  Tensor z = y * y;
  CHECK(autograd::grad({z}, {y}, {.retain_graph = true})[0].item<double>() == 18);
  CHECK(autograd::grad({z}, {x})[0].item<double>() == 4 * 27);
}

TEST_CASE("an input that the outputs do not depend on is named") {
  Tensor x = tensor({3.0}, {.requires_grad = true});
  Tensor w = tensor({1.0}, {.requires_grad = true});
  CHECK_THROWS_WITH(autograd::grad({x * 2}, {x, w}), ContainsSubstring("do not depend on input 1"));
  CHECK_FALSE(autograd::grad({x * 2}, {x, w}, {.allow_unused = true})[1].defined());
}

TEST_CASE("a change in place of what was saved is found") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor w = tensor({3.0, 4.0});
  Tensor y = (x * w).sum();
  w.add_(1);
  CHECK_THROWS_WITH(y.backward(), "mul: a tensor saved for backward was changed in place (saved at version 0, now 1)");
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a change in place through a view is found, too") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor w = tensor({3.0, 4.0});
  Tensor y = (x * w).sum();
  w.select(0, 1).fill_(9);
  CHECK_THROWS_AS(y.backward(), GradError);
}

TEST_CASE("a leaf that requires grad cannot be changed in place, and is not") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  CHECK_THROWS_AS(x.add_(1), GradError);
  CHECK_THROWS_AS(x.select(0, 0).fill_(7), GradError);
  CHECK(numbers(x) == std::vector<double>{1, 2});
  const NoGradGuard guard;
  x -= 0.5;
  CHECK(numbers(x) == std::vector<double>{0.5, 1.5});
}

TEST_CASE("changes in place are differentiated") {
  Tensor x = tensor({2.0, 3.0}, {.requires_grad = true});
  Tensor y = x * 1;
  y.mul_(x);
  y.add_(x);
  y.sum().backward();
  CHECK(numbers(x.grad()) == std::vector<double>{5, 7});
}

TEST_CASE("a change of a view reaches its base's gradient") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}, {.requires_grad = true});
  Tensor w = tensor({5.0, 6.0}, {.requires_grad = true});
  Tensor y = x * 2;
  Tensor row = y.select(0, 0);
  row.mul_(w);
  CHECK(y.grad_fn_name() == "CopySlices");
  CHECK(numbers(y) == std::vector<double>{10, 24, 6, 8});
  (y * tensor({{1.0, 10.0}, {100.0, 1000.0}})).sum().backward();
  CHECK(numbers(x.grad()) == std::vector<double>{10, 120, 200, 2000});
  CHECK(numbers(w.grad()) == std::vector<double>{2, 40});
}

TEST_CASE("a view of a tensor changed in place later follows it") {
  Tensor w = tensor({5.0, 6.0}, {.requires_grad = true});
  Tensor buffer = zeros({2, 2});
  Tensor first = buffer.select(0, 0);
  buffer.select(0, 0).copy_(w);
  CHECK(first.requires_grad());
  CHECK(buffer.requires_grad());
  (first * tensor({2.0, 3.0})).sum().backward();
  CHECK(numbers(w.grad()) == std::vector<double>{2, 3});
}

TEST_CASE("hooks see gradients and may replace them") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor y = x * 3;
  std::vector<double> seen;
  y.register_hook([&](const Tensor& g) { seen = numbers(g); });
  HookHandle doubled = x.register_hook([](const Tensor& g) { return g * 2; });
  y.sum().backward();
  CHECK(seen == std::vector<double>{1, 1});
  CHECK(numbers(x.grad()) == std::vector<double>{6, 6});
  doubled.remove();
  (x * 1).sum().backward();
  CHECK(numbers(x.grad()) == std::vector<double>{7, 7});
}

TEST_CASE("retain_grad keeps a result's gradient, and no longer than the result lives") {
  Tensor x = tensor({1.0}, {.requires_grad = true});
  Tensor y = x * 3;
  y.retain_grad();
  Tensor z = y * 5;
  z.sum().backward({.retain_graph = true});
  CHECK(y.grad().item<double>() == 5);
  y = Tensor();
  z.sum().backward();
  CHECK(x.grad().item<double>() == 30);
}

TEST_CASE("a chain of a million operations builds, differentiates and frees") {
  Tensor x = tensor({1.0}, {.requires_grad = true});
  Tensor y = x;
  for (int i = 0; i < 1'000'000; ++i) y = y + 1.0;
  y.backward();
  CHECK(x.grad().item<double>() == 1);
}

TEST_CASE("a chain of a million operations is destroyed without backward, and without a stack overflow") {
  const Tensor x = tensor({1.0}, {.requires_grad = true});
  const std::size_t before = memory_in_use();
  Tensor y = x;
  for (int i = 0; i < 1'000'000; ++i) y = y * 1.0;
  CHECK(y.requires_grad());
  y = Tensor();
  CHECK(memory_in_use() == before);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a graph may be built on several threads") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor parts[2];
  std::thread other([&] {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y * 1.0;
    parts[0] = y * 2;
  });
  parts[1] = x * 3;
  other.join();
  (parts[0] * parts[1]).sum().backward();
  CHECK(numbers(x.grad()) == std::vector<double>{12, 24});
}

TEST_CASE("two threads may run backward into one leaf") {
  Tensor x = ones({64}, {.requires_grad = true});
  const auto work = [&] {
    for (int i = 0; i < 200; ++i) (x * 1.0).sum().backward();
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(numbers(x.grad()) == std::vector<double>(64, 400.0));
}

TEST_CASE("a failed backward leaves every gradient as it was") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor w = tensor({1.0, 1.0});
  Tensor spoilt = x * w;
  w.add_(1);
  Tensor y = (x * 5).sum() + spoilt.sum();
  CHECK_THROWS_AS(y.backward(), GradError);
  CHECK_FALSE(x.grad().defined());
  (x * 2).sum().backward();
  CHECK(numbers(x.grad()) == std::vector<double>{2, 2});
}

TEST_CASE("a view made before its base became a parameter stays outside the tape until the base changes") {
  Tensor w = zeros({2, 2});
  Tensor row = w.select(0, 0);
  w.requires_grad_();
  CHECK_FALSE(row.requires_grad());
}
