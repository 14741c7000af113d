#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/function.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using autograd::gradcheck;
using autograd::gradgradcheck;
using taper_test::ContainsSubstring;

namespace {

// x^2 whose derivative leaves the 2 out.
struct HalfSquare : autograd::Function<HalfSquare> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x;
  }
  static Tensor backward(Context& ctx, const Tensor& grad) { return grad * ctx.saved(0); }
};

// x^3 whose derivative is right and is not itself differentiable.
struct FlatCube : autograd::Function<FlatCube> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x * x;
  }
  static Tensor backward(Context& ctx, const Tensor& grad) { return grad * (3 * ctx.saved(0).square()).detach(); }
};

}  // namespace

TEST_CASE("gradcheck takes functions of one tensor and of several") {
  const Tensor x = tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  CHECK(gradcheck([](const Tensor& t) { return t * t; }, {x.to(float64)}));
  const Tensor a = tensor({{1.0, -2.0}, {0.5, 3.0}}, float64);
  const Tensor b = tensor({0.3, 0.7}, float64);
  CHECK(gradcheck([](const std::vector<Tensor>& t) { return t[0] * t[1].exp(); }, {a, b}));
  CHECK(gradgradcheck([](const std::vector<Tensor>& t) { return t[0] * t[1].exp(); }, {a, b}));
  CHECK(gradcheck([](const std::vector<Tensor>& t) { return std::vector<Tensor>{t[0] + t[1], t[0] / t[1]}; }, {a, b}));
}

TEST_CASE("gradcheck leaves its inputs alone, strided ones included") {
  const Tensor base = tensor({{1.0, -2.0, 4.0}, {0.5, 3.0, -1.0}}, {.dtype = float64, .requires_grad = true});
  const Tensor x = base.t();
  CHECK(gradcheck([](const Tensor& t) { return t.sum(0) * t; }, {x}));
  CHECK_FALSE(base.grad().defined());
  CHECK(base.version() == 0);
  CHECK(base.to_vector<double>() == std::vector<double>{1, -2, 4, 0.5, 3, -1});
}

TEST_CASE("gradcheck names the place and both numbers of a wrong gradient") {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}, float64);
  CHECK_THROWS_AS(gradcheck([](const Tensor& t) { return HalfSquare::apply(t); }, {x}), AssertionError);
  CHECK_THROWS_WITH(
      gradcheck([](const Tensor& t) { return HalfSquare::apply(t); }, {x}),
      ContainsSubstring("output 0 at [0, 0]") && ContainsSubstring("input 0 at [0, 0] is 1 by backward and 2"));
  CHECK_THROWS_AS(gradcheck([](const Tensor& t) { return t.detach() * 2; }, {x}), AssertionError);
}

TEST_CASE("gradgradcheck finds a derivative that cannot be differentiated") {
  const Tensor x = tensor({1.0, 2.0}, float64);
  CHECK(gradcheck([](const Tensor& t) { return FlatCube::apply(t); }, {x}));
  CHECK_THROWS_AS(gradgradcheck([](const Tensor& t) { return FlatCube::apply(t); }, {x}), AssertionError);
}

TEST_CASE("gradcheck refuses what differences cannot measure") {
  const auto twice = [](const Tensor& t) { return t * 2; };
  const Tensor single = tensor({1.0, 2.0}, {.requires_grad = true});
  CHECK_THROWS_AS(gradcheck(twice, {single}), TypeError);
  CHECK_THROWS_AS(gradcheck(twice, {tensor({1, 2})}), ValueError);
  CHECK_THROWS_AS(gradcheck(twice, {tensor({1.0}, float64), tensor({1.0}, float64)}), ValueError);
}
