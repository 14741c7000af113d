#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/function.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

struct Cube : autograd::Function<Cube> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x * x;
  }
  static Tensor backward(Context& ctx, const Tensor& grad) { return grad * 3 * ctx.saved(0).square(); }
};

struct ScaledPair : autograd::Function<ScaledPair> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& a, const Tensor& b, double scale) {
    ctx.set(scale);
    return {a * scale, b + a};
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& grads) {
    return {grads[0] * ctx.get<double>() + grads[1], grads[1]};
  }
};

struct KeepsResult : autograd::Function<KeepsResult> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    Tensor y = exp(x);
    ctx.save_for_backward({y});
    return y;
  }
  static Tensor backward(Context& ctx, const Tensor& grad) { return grad * ctx.saved(0); }
};

struct WrongShape : autograd::Function<WrongShape> {
  static Tensor forward(Context&, const Tensor& x) { return x * 2; }
  static Tensor backward(Context&, const Tensor& grad) { return grad.sum(); }
};

}  // namespace

TEST_CASE("a function of one's own has its own derivative, and a second one") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor z = Cube::apply(x);
  CHECK(z.grad_fn_name() == "CubeBackward");
  Tensor g = autograd::grad({z.sum()}, {x}, {.create_graph = true})[0];
  CHECK(g.to_vector<double>() == std::vector<double>{3, 12});
  g.sum().backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{6, 12});
}

TEST_CASE("several inputs, several outputs, and plain arguments") {
  Tensor a = tensor({1.0}, {.requires_grad = true});
  Tensor b = tensor({2.0}, {.requires_grad = true});
  const std::vector<Tensor> out = ScaledPair::apply(a, b, 10.0);
  (out[0] + out[1] * 3).sum().backward();
  CHECK(a.grad().item<double>() == 13);
  CHECK(b.grad().item<double>() == 3);
  a.set_grad({});
  ScaledPair::apply(a, b, 10.0)[1].sum().backward();
  CHECK(a.grad().item<double>() == 1);
}

TEST_CASE("a function may keep its own result without holding itself alive") {
  Tensor x = tensor({0.5}, {.requires_grad = true});
  Tensor y = KeepsResult::apply(x);
  Tensor g = autograd::grad({y}, {x}, {.create_graph = true})[0];
  autograd::grad({g}, {x})[0].item<double>();
  CHECK(g.item<double>() == y.item<double>());
}

TEST_CASE("a change in place of what a function saved is found, and a gradient of another shape refused") {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor c = x * 1;
  Tensor z = Cube::apply(c);
  c.add_(1);
  CHECK_THROWS_AS(z.sum().backward(), GradError);
  CHECK_THROWS_WITH(WrongShape::apply(x).sum().backward(), ContainsSubstring("shape [] for argument 0 of shape [2]"));
}
