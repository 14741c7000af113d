// Reductions against PyTorch: numbers of many sizes, ties, zeros, infinities and NaN.
#include <cmath>
#include <functional>

#include "catch.h"
#include "operation_cases.h"
#include "taper/autograd/autograd.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;
using namespace taper_test;

namespace {

// Values, and positions where there are any.
using Reduction = std::function<ValuesIndices(const Tensor&)>;

Reduction only(std::function<Tensor(const Tensor&)> f) {
  return [f = std::move(f)](const Tensor& x) { return ValuesIndices{f(x), {}}; };
}

Reduction norm_of(const std::string& name) {
  const std::map<std::string, double> powers{{"0", 0}, {"half", 0.5},     {"1", 1},           {"2", 2},
                                             {"3", 3}, {"inf", INFINITY}, {"-inf", -INFINITY}};
  const std::string rest = name.substr(5);
  const std::size_t end = rest.find('_');
  const double p = powers.at(rest.substr(0, end));
  if (end == std::string::npos) return only([p](const Tensor& x) { return x.norm(p); });
  return only([p](const Tensor& x) { return x.norm(p, 1); });
}

const std::map<std::string, Reduction>& reductions() {
  using T = const Tensor&;
  static const std::map<std::string, Reduction> table{
      {"sum", only([](T x) { return x.sum(); })},
      {"sum_1", only([](T x) { return x.sum(1); })},
      {"sum_02", only([](T x) {
         return x.sum({0, 2}, true);
       })},
      {"mean", only([](T x) { return x.mean(); })},
      {"mean_1", only([](T x) { return x.mean(1); })},
      {"mean_02", only([](T x) {
         return x.mean({0, -1});
       })},
      {"prod", only([](T x) { return x.prod(); })},
      {"prod_1", only([](T x) { return x.prod(1); })},
      {"var", only([](T x) { return x.var(); })},
      {"var_1", only([](T x) { return x.var(1, false); })},
      {"var_02", only([](T x) {
         return x.var({0, 2}, true, true);
       })},
      {"std", only([](T x) { return x.std(); })},
      {"std_1", only([](T x) { return x.std(1); })},
      {"std_02", only([](T x) {
         return x.std({0, 2}, false);
       })},
      {"max", only([](T x) { return x.max(); })},
      {"max_1", [](T x) { return x.max(1); }},
      {"min", only([](T x) { return x.min(); })},
      {"min_1", [](T x) { return x.min(1, true); }},
      {"amax", only([](T x) { return x.amax(); })},
      {"amax_02", only([](T x) {
         return x.amax({0, 2});
       })},
      {"amin_1", only([](T x) { return x.amin({1}); })},
      {"cumsum", only([](T x) { return x.cumsum(1); })},
      {"logsumexp", only([](T x) { return x.logsumexp(1); })},
      {"softmax", only([](T x) { return x.softmax(1); })},
      {"softmax_2", only([](T x) { return x.softmax(-1); })},
      {"log_softmax", only([](T x) { return x.log_softmax(1); })},
      {"sort", [](T x) { return x.sort(1); }},
      {"sort_down", [](T x) { return x.sort(2, true); }},
      {"argmax", only([](T x) { return x.argmax(); })},
      {"argmax_1", only([](T x) { return x.argmax(1); })},
      {"argmin", only([](T x) { return x.argmin(); })},
      {"argmin_2", only([](T x) { return x.argmin(2); })},
      {"any", only([](T x) { return x.any(); })},
      {"any_1", only([](T x) { return x.any(1); })},
      {"all", only([](T x) { return x.all(); })},
      {"all_1", only([](T x) { return x.all(1); })},
  };
  return table;
}

// As `near`, and infinities as they are.
bool agree(const Tensor& a, const Tensor& b, double largest = 0) {
  const auto finite = [](const Tensor& x) { return masked_fill(x, x.abs() == INFINITY, 0); };
  if (!is_floating_point(b.dtype())) return same_numbers(a, b);
  return near(where(a.abs() == INFINITY, a.sign(), 0), where(b.abs() == INFINITY, b.sign(), 0)) &&
         near(finite(a), finite(b), largest);
}

}  // namespace

TEST_CASE("reductions give PyTorch's numbers, positions and gradients", "[parity]") {
  const NoGradGuard no_grad;
  int count = 0;
  const std::map<std::string, Case> cases = operation_cases("reductions.npz");
  for (const auto& [key, c] : cases) {
    if (key.starts_with("sample-")) continue;
    CAPTURE(key);
    ++count;
    const std::string name = key.substr(0, key.rfind('-', key.find('/')));
    const Reduction f = name.starts_with("norm_") ? norm_of(name) : reductions().at(name);
    const Tensor x = cases.at("sample" + key.substr(key.rfind('-', key.find('/')))).at("x").clone();
    const bool differentiable = c.count("grad") != 0;
    if (differentiable) x.requires_grad_();
    ValuesIndices result;
    Tensor gradient;
    {
      const EnableGradGuard recording;
      result = f(x);
      if (differentiable) gradient = autograd::grad({result.values}, {x}, {.grad_outputs = {c.at("g")}})[0];
    }
    CHECK(agree(result.values.detach(), c.at("out"), 1));
    if (c.count("indices") != 0) CHECK(same_numbers(result.indices, c.at("indices")));
    if (differentiable) CHECK(agree(gradient, c.at("grad"), 4));
  }
  CHECK(count == 400);
}

TEST_CASE("topk takes the first of equal ones, in order, and its gradient goes there") {
  const Tensor x = tensor({1.0, 3.0, 2.0, 3.0, 2.0}, {.dtype = float64, .requires_grad = true});
  auto [values, indices] = x.topk(3);
  CHECK(values.to_vector<double>() == std::vector<double>{3, 3, 2});
  CHECK(indices.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 3, 2});
  (values * tensor({1.0, 10.0, 100.0}, float64)).sum().backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{0, 1, 100, 10, 0});
}

TEST_CASE("reductions of nothing are what PyTorch's are") {
  const Tensor nothing = zeros({0, 3});
  CHECK(nothing.sum().item<float>() == 0);
  CHECK(nothing.prod().item<float>() == 1);
  CHECK(std::isnan(nothing.mean().item<float>()));
  CHECK(std::isnan(nothing.var().item<float>()));
  CHECK(nothing.norm().item<float>() == 0);
  CHECK_FALSE(nothing.any().item<bool>());
  CHECK(nothing.all().item<bool>());
  CHECK(nothing.logsumexp(0).to_vector<float>() == std::vector<float>(3, -INFINITY));
  CHECK(nothing.max(1).values.shape() == Shape{0});
  CHECK(nothing.sum(0).shape() == Shape{3});
}

TEST_CASE("integers add and multiply up in int64") {
  const Tensor x = tensor({2000000000, 2000000000, 2}, int32);
  CHECK(x.sum().item<std::int64_t>() == 4000000002);
  CHECK(x.prod().item<std::int64_t>() == 8000000000000000000);
  CHECK(x.cumsum(0).to_vector<std::int64_t>() == std::vector<std::int64_t>{2000000000, 4000000000, 4000000002});
  CHECK(tensor({true, true, false}).sum().item<std::int64_t>() == 2);
}

TEST_CASE("empty braces name all dimensions, braces with numbers those") {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(x.sum({}).item<double>() == 10);
  CHECK(mean(x, {}).item<double>() == 2.5);
  CHECK(x.sum({}, true).shape() == Shape{1, 1});
  CHECK(x.sum({0}).to_vector<double>() == std::vector<double>{4, 6});
  CHECK(x.mean({0, 1}).item<double>() == 2.5);
  CHECK(x.sum(Shape{1}).to_vector<double>() == std::vector<double>{3, 7});
}
