#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "catch.h"
#include "optim/trajectories.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/linear.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/optim/adadelta.h"
#include "taper/optim/adagrad.h"
#include "taper/optim/adam.h"
#include "taper/optim/adamax.h"
#include "taper/optim/adamw.h"
#include "taper/optim/nadam.h"
#include "taper/optim/optimizer.h"
#include "taper/optim/radam.h"
#include "taper/optim/rmsprop.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"
#include "tensor/extra.h"

using namespace taper;
using namespace taper_test;
using optim::Adam;
using optim::SGD;
using optim::SparseAdam;

namespace {

Tensor weight(const Shape& shape = {3}, DType dtype = float32) { return parameter(1, shape, dtype); }

Tensor with_grad(Tensor p, std::int64_t seed = 7) {
  p.set_grad(values(seed, p.shape(), p.dtype()));
  return p;
}

template <class T = float>
std::vector<T> numbers(const Tensor& x) {
  return x.to_vector<T>();
}

}  // namespace

TEST_CASE("a step follows the gradient of a loss downhill", "[optim]") {
  Tensor x = tensor({3.0, -2.0}, {.requires_grad = true});
  SGD optimizer({x}, {.lr = 0.25});
  for (int i = 0; i < 3; ++i) {
    optimizer.zero_grad();
    (x * x).sum().backward();
    optimizer.step();
  }
  CHECK(numbers(x) == std::vector<float>{0.375F, -0.25F});
}

TEST_CASE("step with a closure records it, steps and returns its loss", "[optim]") {
  Tensor x = tensor({2.0}, {.requires_grad = true});
  SGD optimizer({x}, {.lr = 0.5});
  const NoGradGuard no_grad;
  const Tensor loss = optimizer.step([&] {
    optimizer.zero_grad();
    Tensor result = (x * x).sum();
    result.backward();
    return result;
  });
  CHECK(loss.item<double>() == 4);
  CHECK(x.item<double>() == 0);
}

TEST_CASE("a step raises the version of what it changes, and a graph that has saved it finds out", "[optim]") {
  Tensor moved = with_grad(weight());
  Tensor still = weight();
  SGD optimizer({moved, still}, {.lr = 0.1});
  const Tensor loss = (moved * moved).sum();
  const auto before = moved.version();
  optimizer.step();
  CHECK(moved.version() == before + 1);
  CHECK(still.version() == 0);
  CHECK(moved.is_leaf());
  CHECK_THROWS_AS(loss.backward(), GradError);
}

TEST_CASE("an optimizer shares the parameters of a module and of braces, and never copies them", "[optim]") {
  nn::Linear module(2, 1);
  SGD of_module(module.parameters(), {.lr = 1.0});
  SGD of_braces({module.weight, module.bias}, {.lr = 1.0});
  SGD of_one(module.weight, {.lr = 1.0});
  for (SGD* optimizer : {&of_module, &of_braces, &of_one}) {
    CHECK(optimizer->param_groups()[0].params[0].is(module.weight));
    const float before = numbers(module.weight)[0];
    module.weight.set_grad(ones({1, 2}));
    optimizer->step();
    CHECK(numbers(module.weight)[0] == before - 1);
  }
}

TEST_CASE("every optimizer takes one parameter, braces, and groups, without any option", "[optim]") {
  const nn::Linear module(2, 1);
  const Tensor p = weight(), q = weight();
  const auto check = [](const optim::Optimizer& one, const optim::Optimizer& of_module, const optim::Optimizer& braced,
                        const optim::Optimizer& two, const optim::Optimizer& grouped) {
    CHECK(one.group(0).params.size() == 1);
    CHECK(of_module.group(0).params.size() == 1);
    CHECK(braced.group(0).params.size() == 1);
    CHECK(two.group(0).params.size() == 2);
    CHECK(grouped.group_count() == 2);
  };
  using namespace optim;
  const nn::Parameter& w = module.weight;
  check(SGD(p, {.lr = 1}), SGD(w, {.lr = 1}), SGD({p}, {.lr = 1}), SGD({p, q}, {.lr = 1}),
        SGD({{.params = {p}, .lr = 1}, {.params = {q}, .lr = 2}}));
  check(Adam(p), Adam(w), Adam({p}), Adam({p, q}), Adam({{.params = {p}}, {.params = {q}}}));
  CHECK(Adam({{.params = {p}}}).group(0).params.size() == 1);
  check(AdamW(p), AdamW(w), AdamW({p}), AdamW({p, q}), AdamW({{.params = {p}}, {.params = {q}}}));
  check(Adagrad(p), Adagrad(w), Adagrad({p}), Adagrad({p, q}), Adagrad({{.params = {p}}, {.params = {q}}}));
  check(RMSprop(p), RMSprop(w), RMSprop({p}), RMSprop({p, q}), RMSprop({{.params = {p}}, {.params = {q}}}));
  check(Adadelta(p), Adadelta(w), Adadelta({p}), Adadelta({p, q}), Adadelta({{.params = {p}}, {.params = {q}}}));
  check(Adamax(p), Adamax(w), Adamax({p}), Adamax({p, q}), Adamax({{.params = {p}}, {.params = {q}}}));
  check(NAdam(p), NAdam(w), NAdam({p}), NAdam({p, q}), NAdam({{.params = {p}}, {.params = {q}}}));
  check(RAdam(p), RAdam(w), RAdam({p}), RAdam({p, q}), RAdam({{.params = {p}}, {.params = {q}}}));
  check(SparseAdam(p), SparseAdam(w), SparseAdam({p}), SparseAdam({p, q}),
        SparseAdam({{.params = {p}}, {.params = {q}}}));
}

TEST_CASE("zero_grad drops gradients or sets them to zero", "[optim]") {
  Tensor p = with_grad(weight({2, 3}));
  Tensor table = weight({4, 2});
  table.set_grad(sparse_gradient({1, 1}, ones({2, 2}), {4, 2}));
  const Tensor kept = p.grad();
  SGD optimizer({p, table}, {.lr = 0.1});
  optimizer.zero_grad(false);
  CHECK(numbers(kept) == std::vector<float>(6));
  CHECK(p.grad().is(kept));
  CHECK(table.grad().is_sparse());
  CHECK(table.grad().values().shape() == Shape{0, 2});
  const auto before = numbers(table);
  optimizer.step();
  CHECK(numbers(table) == before);
  optimizer.zero_grad();
  CHECK_FALSE(p.grad().defined());
  CHECK_FALSE(table.grad().defined());
}

TEST_CASE("groups have options of their own, and a changed option takes effect at the next step", "[optim]") {
  Tensor a = with_grad(tensor({1.0}, {.requires_grad = true}));
  Tensor b = with_grad(tensor({1.0}, {.requires_grad = true}));
  Tensor c = with_grad(tensor({1.0}, {.requires_grad = true}));
  for (const Tensor& p : {a, b, c}) p.set_grad(tensor({1.0}));
  SGD optimizer({{.params = {a}}, {.params = {b}, .lr = 0.25, .maximize = true}}, {.lr = 0.5});
  optimizer.add_param_group({.params = {c}});
  REQUIRE(optimizer.param_groups().size() == 3);
  CHECK(optimizer.param_groups()[1].lr == 0.25);
  CHECK(optimizer.param_groups()[2].params[0].is(c));
  optimizer.param_groups()[2].lr = 2;
  optimizer.step();
  CHECK(a.item<double>() == 0.5);
  CHECK(b.item<double>() == 1.25);
  CHECK(c.item<double>() == -1);
}

TEST_CASE("a scheduler changes rates and momenta of any optimizer", "[optim]") {
  Tensor p = with_grad(tensor({1.0}, {.requires_grad = true}));
  SGD sgd({p}, {.lr = 0.5, .momentum = 0.25});
  Adam adam({p}, {.betas = {0.5, 0.75}});
  optim::Optimizer& any = sgd;
  CHECK(any.group_count() == 1);
  CHECK(any.group(0).params[0].is(p));
  CHECK_FALSE(any.group(0).initial_lr.has_value());
  any.group(0).initial_lr = any.lr(0);
  any.lr(0) = 0.125;
  *any.momentum(0) = 0.75;
  CHECK(sgd.param_groups()[0].lr == 0.125);
  CHECK(sgd.param_groups()[0].momentum == 0.75);
  CHECK(sgd.param_groups()[0].initial_lr == 0.5);
  *adam.momentum(0) = 0;
  CHECK(adam.param_groups()[0].betas == std::pair(0.0, 0.75));
  CHECK(any.step_count() == 0);
  any.step();
  CHECK(any.step_count() == 1);
  CHECK_THROWS(any.lr(1));
}

TEST_CASE("a rate may come down to 0, even where it must not start there", "[optim]") {
  const Tensor table = weight({4, 2});
  table.set_grad(sparse_gradient({1}, ones({1, 2}), {4, 2}));
  SparseAdam adam(table);
  adam.param_groups()[0].lr = 0;
  const auto before = hash_of({table});
  CHECK_NOTHROW(adam.step());
  CHECK(hash_of({table}) == before);
  CHECK_NOTHROW(adam.load_state_dict(adam.state_dict()));
  adam.param_groups()[0].lr = -1;
  CHECK_THROWS_AS(adam.step(), ValueError);
}

TEST_CASE("an optimizer can be moved and goes on where it was", "[optim]") {
  Tensor p = with_grad(weight()), q = with_grad(weight());
  Adam one({p}, {.lr = 0.1});
  Adam other({q}, {.lr = 0.1});
  one.step();
  other.step();
  Adam moved = std::move(one);
  moved.step();
  other.step();
  CHECK(numbers(p) == numbers(q));
}

TEST_CASE("where PyTorch refuses a sparse gradient the dense one's step is taken", "[optim]") {
  const auto dtype = GENERATE(float32, float64);
  const std::vector<std::int64_t> rows{3, 1, 3, 0, 3};
  const Shape shape{5, 2};
  Tensor sparse = parameter(1, shape, dtype);
  Tensor dense = parameter(1, shape, dtype);
  const auto run = [&](auto& optimizer) {
    for (std::int64_t t = 0; t < 4; ++t) {
      const Tensor gradient = sparse_gradient(rows, values(20 + t, {5, 2}, dtype), shape);
      sparse.set_grad(gradient);
      dense.set_grad(gradient.to_dense());
      optimizer.step();
    }
    CHECK(hash_of({sparse}) == hash_of({dense}));
    CHECK(hash_of({sparse}) != hash_of({parameter(1, shape, dtype)}));
  };
  SECTION("Adam") {
    Adam optimizer({sparse, dense}, {.weight_decay = 0.1, .amsgrad = true});
    run(optimizer);
  }
  SECTION("SGD with weight decay") {
    SGD optimizer({sparse, dense}, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1});
    run(optimizer);
  }
}

TEST_CASE("with momentum a table may get sparse and dense gradients by turns", "[optim]") {
  const Shape shape{4, 2};
  Tensor mixed = parameter(1, shape, float32);
  Tensor dense = parameter(1, shape, float32);
  SGD optimizer({mixed, dense}, {.lr = 0.1, .momentum = 0.9});
  for (std::int64_t t = 0; t < 6; ++t) {
    const Tensor gradient = sparse_gradient({2, 0}, values(30 + t, {2, 2}, float32), shape);
    mixed.set_grad(t % 3 == 1 ? gradient.to_dense() : gradient);
    dense.set_grad(gradient.to_dense());
    optimizer.step();
  }
  CHECK(hash_of({mixed}) == hash_of({dense}));
}

TEST_CASE("momentum's memory of sparse gradients does not grow without end", "[optim]") {
  Tensor sparse = parameter(1, {50, 1}, float64);
  Tensor dense = parameter(1, {50, 1}, float64);
  SGD optimizer({sparse, dense}, {.lr = 0.01, .momentum = 0.5});
  for (std::int64_t t = 0; t < 25; ++t) {
    const auto named = integers(400 + t, 2000, 50);
    const Tensor gradient = sparse_gradient(named, values(500 + t, {2000, 1}, float64), {50, 1});
    sparse.set_grad(gradient);
    dense.set_grad(gradient.to_dense());
    optimizer.step();
  }
  const auto a = numbers<double>(sparse), b = numbers<double>(dense);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).epsilon(1e-9));
}

TEST_CASE("parameters that are views or tiny or empty are stepped like others", "[optim]") {
  Tensor whole = values(1, {4, 6}, float32);
  Tensor part = whole.slice(1, 1, 6, 2);
  part.requires_grad_();
  Tensor copy = part.detach().clone();
  copy.requires_grad_();
  Tensor scalar = tensor(1.0, {.requires_grad = true});
  Tensor nothing = zeros({0, 3}, {.requires_grad = true});
  for (Tensor* p : {&part, &copy, &scalar, &nothing}) with_grad(*p);
  const auto outside = whole.select(1, 0).to_vector<float>();
  Adam optimizer({part, copy, scalar, nothing});
  optimizer.step();
  CHECK(numbers(part) == numbers(copy));
  CHECK(whole.slice(1, 1, 6, 2).to_vector<float>() == numbers(copy));
  CHECK(whole.select(1, 0).to_vector<float>() == outside);
  CHECK(scalar.item<double>() != 1);
}

TEST_CASE("a gradient that lies in its parameter's memory is read before it is written over", "[optim]") {
  Tensor memory = tensor({1.0, 2.0, 3.0, 4.0});
  Tensor p = memory.slice(0, 1, 4).detach();
  p.requires_grad_();
  p.set_grad(memory.slice(0, 0, 3));
  SGD optimizer({p}, {.lr = 1.0});
  optimizer.step();
  CHECK(numbers(p) == std::vector<float>{1, 1, 1});
}

TEST_CASE("an optimizer prints as PyTorch's", "[optim]") {
  Tensor p = weight(), q = weight();
  CHECK(SGD({p}, {.lr = 0.1}).str() ==
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    lr: 0.1\n"
        "    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)");
  const Adam adam({{.params = {p}}, {.params = {q}, .lr = 1.0, .betas = std::pair(0.5, 0.0)}}, {.weight_decay = 0.01});
  std::ostringstream out;
  out << adam;
  CHECK(out.str() ==
        "Adam (\nParameter Group 0\n    amsgrad: False\n    betas: (0.9, 0.999)\n    capturable: False\n"
        "    differentiable: False\n    eps: 1e-08\n    foreach: None\n    fused: False\n    lr: 0.001\n"
        "    maximize: False\n    weight_decay: 0.01\n\nParameter Group 1\n    amsgrad: False\n    betas: (0.5, 0.0)\n"
        "    capturable: False\n    differentiable: False\n    eps: 1e-08\n    foreach: None\n    fused: False\n"
        "    lr: 1.0\n    maximize: False\n    weight_decay: 0.01\n)");
  CHECK(SparseAdam({p}).str() ==
        "SparseAdam (\nParameter Group 0\n    betas: (0.9, 0.999)\n    eps: 1e-08\n    lr: 0.001\n    maximize: "
        "False\n)");
  SGD sgd({p}, {.lr = 1e-5});
  sgd.param_groups()[0].others["foreach"] = true;
  CHECK_THAT(sgd.str(), ContainsSubstring("foreach: True\n") && ContainsSubstring("lr: 1e-05\n"));
}
