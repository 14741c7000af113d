// Changes in place: versions, views, and what the tape makes of them. Expected gradients were worked out by hand.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/gradcheck.h"
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

Tensor leaf(const Numbers& values) { return tensor(values).requires_grad_(); }

// Every method that changes a tensor, on positive numbers.
struct Change {
  const char* name;
  void (*run)(Tensor& x, const Tensor& other);
};
const std::vector<Change> kChanges{
    {"add_", [](Tensor& x, const Tensor& y) { x.add_(y); }},
    {"sub_", [](Tensor& x, const Tensor& y) { x.sub_(y); }},
    {"mul_", [](Tensor& x, const Tensor& y) { x.mul_(y); }},
    {"div_", [](Tensor& x, const Tensor& y) { x.div_(y); }},
    {"add_ number", [](Tensor& x, const Tensor&) { x += 2; }},
    {"sub_ number", [](Tensor& x, const Tensor&) { x -= 0.5; }},
    {"mul_ number", [](Tensor& x, const Tensor&) { x *= 3; }},
    {"div_ number", [](Tensor& x, const Tensor&) { x /= 4; }},
    {"pow_", [](Tensor& x, const Tensor&) { x.pow_(2.5); }},
    {"neg_", [](Tensor& x, const Tensor&) { x.neg_(); }},
    {"exp_", [](Tensor& x, const Tensor&) { x.exp_(); }},
    {"log_", [](Tensor& x, const Tensor&) { x.log_(); }},
    {"sqrt_", [](Tensor& x, const Tensor&) { x.sqrt_(); }},
    {"abs_", [](Tensor& x, const Tensor&) { x.abs_(); }},
    {"tanh_", [](Tensor& x, const Tensor&) { x.tanh_(); }},
    {"sigmoid_", [](Tensor& x, const Tensor&) { x.sigmoid_(); }},
    {"relu_", [](Tensor& x, const Tensor&) { x.relu_(); }},
    {"clamp_", [](Tensor& x, const Tensor&) { x.clamp_(0.8, 1.7); }},
    {"masked_fill_",
     [](Tensor& x, const Tensor&) {
       x.masked_fill_(tensor({true, false, false}), 7);
     }},
    {"fill_", [](Tensor& x, const Tensor&) { x.fill_(2); }},
    {"zero_", [](Tensor& x, const Tensor&) { x.zero_(); }},
    {"copy_", [](Tensor& x, const Tensor& y) { x.copy_(y); }},
};

const Tensor& sample() {
  static const Tensor x = tensor({{0.5, 1.25, 2.0}, {0.75, 1.5, 3.0}}, float64);
  return x;
}
const Tensor& other_sample() {
  static const Tensor y = tensor({1.4, 0.6, 2.3}, float64);
  return y;
}

}  // namespace

TEST_CASE("every change in place has the right first and second derivative, on a whole tensor and through views") {
  for (const Change& change : kChanges) {
    INFO(change.name);
    const auto whole = [&](const std::vector<Tensor>& t) {
      Tensor x = t[0] * 1;
      change.run(x, t[1]);
      return x * x;
    };
    const auto row = [&](const std::vector<Tensor>& t) {
      Tensor x = t[0] * 1;
      Tensor view = x[1];
      change.run(view, t[1]);
      return x * x + view;
    };
    const auto column_then_base = [&](const std::vector<Tensor>& t) {
      Tensor x = t[0] * 1;
      Tensor view = x.t().slice(1, 0, 1).squeeze(1);
      x.mul_(1.5);
      change.run(view, t[1]);
      return x.exp() + view * 0.5;
    };
    try {
      CHECK(autograd::gradcheck(whole, {sample(), other_sample()}));
      CHECK(autograd::gradgradcheck(whole, {sample(), other_sample()}));
      CHECK(autograd::gradcheck(row, {sample(), other_sample()}));
      CHECK(autograd::gradgradcheck(row, {sample(), other_sample()}));
      CHECK(autograd::gradcheck(column_then_base, {sample(), other_sample()}));
    } catch (const Error& e) {
      FAIL_CHECK(e.what());
    }
  }
}

TEST_CASE("a change in place gives what the operation out of place gives, and one more version") {
  for (const Change& change : kChanges) {
    INFO(change.name);
    Tensor x = sample().clone();
    Tensor view = x[0];
    const std::uint32_t before = x.version();
    change.run(view, other_sample());
    CHECK(x.version() == before + 1);
    CHECK(view.version() == before + 1);
    CHECK(x[0].to_vector<double>() == view.to_vector<double>());
    CHECK(x[1].to_vector<double>() == Numbers{0.75, 1.5, 3.0});
    Tensor recorded = sample().clone().requires_grad_() * 1;
    Tensor part = recorded[0];
    change.run(part, other_sample());
    CHECK(recorded.to_vector<double>() == x.to_vector<double>());
  }
}

TEST_CASE("x[0].add_ reaches the base's gradient") {
  const Tensor a = leaf({1, 2, 3, 4});
  const Tensor b = leaf({10, 20});
  Tensor x = (a * 1).reshape({2, 2});
  x[0].add_(b);
  CHECK(x.to_vector<double>() == Numbers{11, 22, 3, 4});
  (x * x).sum().backward();
  CHECK(a.grad().to_vector<double>() == Numbers{22, 44, 6, 8});
  CHECK(b.grad().to_vector<double>() == Numbers{22, 44});
}

TEST_CASE("a constant base comes to depend on what is written into a view of it") {
  const Tensor b = leaf({2, 3});
  Tensor x = zeros({3, 2}, float64);
  Tensor middle = x[1];
  CHECK_FALSE(x.requires_grad());
  middle.copy_(b * b);
  CHECK(x.requires_grad());
  CHECK(x.grad_fn_name() == "CopySlices");
  (x * tensor({{1.0, 1.0}, {5.0, 7.0}, {1.0, 1.0}}, float64)).sum().backward();
  CHECK(b.grad().to_vector<double>() == Numbers{20, 42});
}

TEST_CASE("a view made before its base was changed sees the base's new history") {
  const Tensor a = leaf({1, 2, 3});
  Tensor x = a * 1;
  const Tensor tail = x.slice(0, 1, {});
  x.mul_(a);
  CHECK(tail.to_vector<double>() == Numbers{4, 9});
  tail.sum().backward();
  CHECK(a.grad().to_vector<double>() == Numbers{0, 4, 6});
}

TEST_CASE("leaves that require grad, their views and expanded tensors are not changed in place") {
  Tensor a = leaf({1, 2});
  CHECK_THROWS_AS(a.add_(1), GradError);
  CHECK_THROWS_AS(a[0].add_(1), GradError);
  CHECK(a.to_vector<double>() == Numbers{1, 2});
  CHECK(a.version() == 0);
  Tensor wide = zeros({1, 3}).expand({2, 3});
  CHECK_THROWS_AS(wide.add_(1), ValueError);
  const NoGradGuard no_grad;
  a.add_(1);
  CHECK(a.to_vector<double>() == Numbers{2, 3});
}

TEST_CASE("a result that does not fit leaves the tensor as it was") {
  Tensor x = ones({3});
  CHECK_THROWS_AS(x.add_(ones({2, 3})), ShapeError);
  CHECK_THROWS_AS(x.copy_(ones({2})), ShapeError);
  CHECK_THROWS_AS(x.masked_fill_(ones({2, 3}, bool_), 0), ShapeError);
  Tensor whole = ones({2}, int64);
  CHECK_THROWS_AS(whole.mul_(0.5), TypeError);
  CHECK_THROWS_AS(whole.div_(2), TypeError);
  CHECK_THROWS_AS(whole.sqrt_(), TypeError);
  CHECK(x.to_vector<double>() == Numbers{1, 1, 1});
  CHECK(x.version() == 0);
  CHECK(whole.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 1});
  CHECK(whole.version() == 0);
}

TEST_CASE("operands that overlap with what is changed are read before it is written") {
  Tensor x = tensor({1.0, 2.0, 3.0, 4.0}, float64);
  Tensor front = x.slice(0, 0, 3);
  front.add_(x.slice(0, 1, {}));
  CHECK(x.to_vector<double>() == Numbers{3, 5, 7, 4});
  Tensor square = tensor({{1.0, 2.0}, {3.0, 4.0}}, float64);
  square.add_(square.t());
  CHECK(square.to_vector<double>() == Numbers{2, 5, 5, 8});
  square.copy_(square.t() * 1 + square);
  CHECK(square.to_vector<double>() == Numbers{4, 10, 10, 16});
}

TEST_CASE("a change of what was saved is named at backward, with both versions") {
  const Tensor a = leaf({1, 2});
  Tensor x = a * 1;
  const Tensor y = x * x;
  x.add_(1);
  CHECK_THROWS_WITH(
      y.sum().backward(),
      ContainsSubstring("mul: a tensor saved for backward was changed in place (saved at version 0, now 1)"));
}
