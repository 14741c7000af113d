#include <string>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/function.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

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

// Twice x, which of its elements are above one, and x rounded.
struct Mixed : autograd::Function<Mixed> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& x) {
    Tensor rounded = (x + 0.5).to(int64).to(x.dtype());
    ctx.mark_non_differentiable({rounded});
    return {x * 2, x > 1, rounded};
  }
  static std::vector<Tensor> backward(Context&, const std::vector<Tensor>& grads) {
    CHECK(grads[1].to_vector<double>() == std::vector<double>{0, 0});
    CHECK(grads[2].to_vector<double>() == std::vector<double>{0, 0});
    return {grads[0] * 2};
  }
};

struct TellsUndefined : autograd::Function<TellsUndefined> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& x) {
    ctx.set_materialize_grads(false);
    return {x * 2, x * 3};
  }
  static std::vector<Tensor> backward(Context&, const std::vector<Tensor>& grads) {
    return {grads[0].defined() ? grads[0] * 2 : grads[1] * 3};
  }
};

// The needs of its arguments, as it sees them.
struct Needs : autograd::Function<Needs> {
  static Tensor forward(Context& ctx, const Tensor& x, int, const Tensor& w, std::string* seen) {
    for (std::size_t i = 0; i < 4; ++i) *seen += ctx.needs_input_grad(i) ? '1' : '0';
    ctx.set(seen);
    return x * w;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& grad) {
    *ctx.get<std::string*>() += ctx.needs_input_grad(2) ? '+' : '-';
    return {grad, {}, {}, {}};
  }
};

struct TwiceInPlace : autograd::Function<TwiceInPlace> {
  static Tensor forward(Context& ctx, Tensor x) {
    ctx.mark_dirty({x});
    x.mul_(2);
    return x;
  }
  static Tensor backward(Context&, const Tensor& grad) { return grad * 2; }
};

struct ForgetsDirty : autograd::Function<ForgetsDirty> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.mark_dirty({x});
    return x * 1;
  }
  static Tensor backward(Context&, const Tensor& grad) { return grad; }
};

struct Triples : autograd::Function<Triples> {  // in backward alone
  static Tensor forward(Context&, const Tensor& x) { return x; }
  static Tensor backward(Context&, const Tensor& grad) { return grad * 3; }
};

struct FirstRow : autograd::Function<FirstRow> {
  static Tensor forward(Context&, const Tensor& x) { return x.slice(0, 0, 1); }
  static Tensor backward(Context&, const Tensor& grad) { return grad.repeat({2}); }
};

struct Exponentials : autograd::Function<Exponentials> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& x) {
    Tensor y = exp(x);
    Tensor z = x * 2;
    ctx.save_for_backward({y, z, x});
    return {y, z};
  }
  static Tensor backward(Context& ctx, const std::vector<Tensor>& grads) {
    CHECK(ctx.saved(0).grad_fn_name() == (is_grad_enabled() ? "ExponentialsBackward" : ""));
    return grads[0] * ctx.saved(0) + grads[1] * 2;
  }
};

struct OnlyOnce : autograd::Function<OnlyOnce> {
  static constexpr bool once_differentiable = true;
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x;
  }
  static Tensor backward(Context& ctx, const Tensor& grad) {
    CHECK_FALSE(is_grad_enabled());
    return grad * 2 * ctx.saved(0);
  }
};

struct Total : autograd::Function<Total> {  // whose backward leaves the summing over rows to the tape
  static Tensor forward(Context&, const Tensor& x) { return x.sum(); }
  static Tensor backward(Context&, const Tensor& grad) { return ones({4, 2}) * grad; }
};

struct TooMany : autograd::Function<TooMany> {
  static Tensor forward(Context&, const Tensor& x, double) { return x * 1; }
  static std::vector<Tensor> backward(Context&, const Tensor& grad) { return {grad, grad}; }
};

struct Sum : autograd::Function<Sum> {
  static Tensor forward(Context&, const std::vector<Tensor>& list, const Tensor& last) {
    Tensor total = last;
    for (const Tensor& x : list) total = total + x;
    return total;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& grad) {
    CHECK(ctx.needs_input_grad(2));
    return {grad, grad * 2, grad * 3};
  }
};

Tensor leaf() { return tensor({1.0, 2.0}, {.requires_grad = true}); }
using Numbers = std::vector<double>;
Numbers numbers(const Tensor& x) { return x.to_vector<double>(); }

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

TEST_CASE("outputs of integers and those marked so do not require grad, and backward sees zeros for them") {
  const Tensor x = leaf();
  const std::vector<Tensor> out = Mixed::apply(x);
  CHECK(out[0].grad_fn_name() == "MixedBackward");
  CHECK_FALSE(out[1].requires_grad());
  CHECK_FALSE(out[2].requires_grad());
  out[0].sum().backward();
  CHECK(numbers(x.grad()) == Numbers{2, 2});
}

TEST_CASE("with set_materialize_grads off, backward sees an undefined tensor for an output that got no gradient") {
  const Tensor x = leaf();
  TellsUndefined::apply(x)[1].sum().backward();
  CHECK(numbers(x.grad()) == Numbers{3, 3});
}

TEST_CASE("needs_input_grad tells by argument which tensors require grad, whether recorded or not") {
  std::string seen;
  const Tensor x = leaf();
  Needs::apply(x, 3, ones({2}), &seen).sum().backward();
  CHECK(seen == "1000-");
  const NoGradGuard no_grad;
  CHECK_FALSE(Needs::apply(x, 3, ones({2}), &seen).requires_grad());
  CHECK(seen == "1000-1000");
}

TEST_CASE("mark_dirty gives a changed argument the function's history") {
  const Tensor x = leaf();
  const Tensor y = x * 1;
  const Tensor z = TwiceInPlace::apply(y);
  CHECK(z.is(y));
  CHECK(y.grad_fn_name() == "TwiceInPlaceBackward");
  CHECK(y.version() == 2);
  z.sum().backward();
  CHECK(numbers(x.grad()) == Numbers{2, 2});
}

TEST_CASE("a view marked as dirty hands the change on to its base") {
  const Tensor x = leaf();
  const Tensor y = x * 1;
  const Tensor view = y.slice(0, 0, 1);
  const Tensor z = TwiceInPlace::apply(view);
  CHECK(z.is(view));
  CHECK(y.grad_fn_name() == "CopySlices");
  CHECK(view.grad_fn_name() == "AsStridedBackward0");
  CHECK(numbers(y) == Numbers{2, 2});
  y.sum().backward();
  CHECK(numbers(x.grad()) == Numbers{2, 1});
}

TEST_CASE("mark_dirty refuses leaves before they are changed, and what forward does not return") {
  const Tensor x = leaf();
  CHECK_THROWS_AS(TwiceInPlace::apply(x), GradError);
  CHECK_THROWS_AS(TwiceInPlace::apply(x.slice(0, 0, 1)), GradError);
  CHECK(numbers(x) == Numbers{1, 2});
  CHECK_THROWS_AS(ForgetsDirty::apply(x * 1), ValueError);
  const NoGradGuard no_grad;
  CHECK(numbers(TwiceInPlace::apply(x)) == Numbers{2, 4});
}

TEST_CASE("an argument handed through, and a view, cannot be changed in place behind the function's back") {
  const Tensor x = leaf();
  Tensor same = Triples::apply(x);
  CHECK_FALSE(same.is(x));
  CHECK(same.grad_fn_name() == "TriplesBackward");
  CHECK_THROWS_WITH(same.add_(1), ContainsSubstring("a function of one's own handed out"));
  same.sum().backward();
  CHECK(numbers(x.grad()) == Numbers{3, 3});
  Tensor y = x * 1;
  Tensor row = FirstRow::apply(y);
  CHECK_THROWS_AS(row.mul_(2), GradError);
  CHECK(numbers(x) == Numbers{1, 2});
  CHECK(numbers(y) == Numbers{1, 2});
  y.mul_(2);
  CHECK_THROWS_AS(row.sum().backward(), GradError);
  CHECK_THROWS_AS(row * 2, GradError);
}

TEST_CASE("saved outputs have their history under create_graph") {
  const Tensor x = leaf();
  const std::vector<Tensor> out = Exponentials::apply(x);
  const Tensor g = autograd::grad({out[0].sum()}, {x}, {.create_graph = true})[0];
  CHECK(numbers(g) == numbers(x.exp()));
  CHECK(numbers(autograd::grad({g.sum()}, {x})[0]) == numbers(x.exp()));
  Tensor y = KeepsResult::apply(x);
  y.add_(1);
  CHECK_THROWS_WITH(y.sum().backward(), ContainsSubstring("keeps_result: a tensor saved for backward was changed"));
}

TEST_CASE("a second derivative through what is differentiable once is refused, the first one is not") {
  const Tensor x = leaf();
  const Tensor c = tensor({1.0, 1.0}, {.requires_grad = true});
  const Tensor g = autograd::grad({OnlyOnce::apply(x)}, {x}, {.grad_outputs = {c * 1}, .create_graph = true})[0];
  CHECK(numbers(g) == Numbers{2, 4});
  CHECK(g.requires_grad());
  CHECK_THROWS_WITH(g.sum().backward(), ContainsSubstring("OnlyOnceBackward: a second derivative is wanted"));
  const Tensor plain = autograd::grad({OnlyOnce::apply(x).sum()}, {x}, {.create_graph = true})[0];
  CHECK_FALSE(plain.requires_grad());
}

TEST_CASE("a gradient that the argument broadcasts to is summed") {
  const Tensor x = leaf();
  Total::apply(x).backward();
  CHECK(numbers(x.grad()) == Numbers{4, 4});
}

TEST_CASE("a gradient for what is no tensor is refused") {
  const Tensor x = leaf();
  CHECK_THROWS_WITH(TooMany::apply(x, 3.0).sum().backward(), ContainsSubstring("argument 1, which is no tensor"));
}

TEST_CASE("a list of tensors counts as so many arguments") {
  const Tensor a = leaf();
  const Tensor b = leaf();
  const Tensor c = leaf();
  Sum::apply(std::vector<Tensor>{a, b}, c).sum().backward();
  CHECK(numbers(a.grad()) == Numbers{1, 1});
  CHECK(numbers(b.grad()) == Numbers{2, 2});
  CHECK(numbers(c.grad()) == Numbers{3, 3});
}

TEST_CASE("a function that saved no tensors may be gone through again, one that did may not") {
  const Tensor x = leaf();
  const Tensor free = Triples::apply(x).sum();
  free.backward();
  free.backward();
  CHECK(numbers(x.grad()) == Numbers{6, 6});
  const Tensor spent = Cube::apply(x).sum();
  spent.backward();
  CHECK_THROWS_WITH(spent.backward(), ContainsSubstring("freed"));
}
