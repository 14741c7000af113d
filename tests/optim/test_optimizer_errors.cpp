#include <cmath>
#include <limits>
#include <thread>

#include "catch.h"
#include "optim/trajectories.h"
#include "taper/base/error.h"
#include "taper/nn/linear.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"
#include "taper/optim/adadelta.h"
#include "taper/optim/adagrad.h"
#include "taper/optim/adam.h"
#include "taper/optim/adamax.h"
#include "taper/optim/adamw.h"
#include "taper/optim/nadam.h"
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

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

Tensor weight(const Shape& shape = {3}) { return parameter(1, shape, float32); }

template <class F>
void check_refused(F make, const std::string& text) {
  INFO(text);
  CHECK_THROWS_AS(make(), ValueError);
  CHECK_THROWS_WITH(make(), ContainsSubstring(text));
}

}  // namespace

TEST_CASE("options outside their range are refused by value", "[optim]") {
  const Tensor p = weight();
  for (const double bad : {-1.0, not_a_number, inf, -inf}) {
    const auto text = [bad](const char* what) {
      return std::string("Invalid ") + what + ": " + (bad == -1 ? "-1.0" : "");
    };
    if (!std::isnan(bad)) check_refused([&] { SGD({p}, {.lr = bad}); }, text("learning rate"));
    check_refused([&] { SGD({p}, {.lr = 0.1, .momentum = bad}); }, text("momentum value"));
    check_refused([&] { SGD({p}, {.lr = 0.1, .weight_decay = bad}); }, text("weight_decay value"));
    check_refused([&] { Adam({p}, {.lr = bad}); }, text("learning rate"));
    check_refused([&] { Adam({p}, {.eps = bad}); }, text("epsilon value"));
    check_refused([&] { Adam({p}, {.weight_decay = bad}); }, text("weight_decay value"));
    check_refused([&] { SparseAdam({p}, {.lr = bad}); }, text("learning rate"));
    check_refused([&] { SparseAdam({p}, {.eps = bad}); }, text("epsilon value"));
  }
  for (const double bad : {-1.0, not_a_number, inf}) {
    const auto refused = [bad](auto make, const char* what) {
      check_refused(make, std::string("Invalid ") + what + ": " + (bad == -1 ? "-1.0" : ""));
    };
    refused([&] { optim::AdamW({p}, {.lr = bad}); }, "learning rate");
    refused([&] { optim::AdamW({p}, {.weight_decay = bad}); }, "weight_decay value");
    refused([&] { optim::Adagrad({p}, {.lr_decay = bad}); }, "lr_decay value");
    refused([&] { optim::Adagrad({p}, {.initial_accumulator_value = bad}); }, "initial_accumulator_value value");
    refused([&] { optim::RMSprop({p}, {.alpha = bad}); }, "alpha value");
    refused([&] { optim::RMSprop({p}, {.momentum = bad}); }, "momentum value");
    refused([&] { optim::Adadelta({p}, {.rho = bad}); }, "rho value");
    refused([&] { optim::Adamax({p}, {.eps = bad}); }, "epsilon value");
    refused([&] { optim::Adamax({p}, {.betas = {bad, 0.9}}); }, "beta parameter at index 0");
    refused([&] { optim::NAdam({p}, {.momentum_decay = bad}); }, "momentum_decay value");
    refused([&] { optim::RAdam({p}, {.betas = {0.9, bad}}); }, "beta parameter at index 1");
  }
  check_refused([&] { optim::Adadelta({p}, {.rho = 1.5}); }, "Adadelta: Invalid rho value: 1.5; it must lie in [0, 1]");
  check_refused([&] { SGD({p}, {.lr = 0.1, .dampening = not_a_number}); }, "Invalid dampening value: nan");
  check_refused([&] { SparseAdam({p}, {.lr = 0}); }, "Invalid learning rate: 0");
  check_refused([&] { SparseAdam({p}, {.eps = 0}); }, "Invalid epsilon value: 0");
  for (const double bad : {1.0, -0.1, not_a_number, 1.5}) {
    check_refused([&] { Adam({p}, {.betas = {bad, 0.9}}); }, "Invalid beta parameter at index 0: ");
    check_refused([&] { Adam({p}, {.betas = {0.9, bad}}); }, "Invalid beta parameter at index 1: ");
    check_refused([&] { SparseAdam({p}, {.betas = {0.9, bad}}); }, "Invalid beta parameter at index 1: ");
  }
  check_refused(
      [&] {
        Adam({p}, {.betas = {1, 0.9}});
      },
      "Adam: Invalid beta parameter at index 0: 1.0; it must lie in [0, 1)");
  const std::string nesterov = "Nesterov momentum requires a momentum and zero dampening";
  check_refused([&] { SGD({p}, {.lr = 0.1, .nesterov = true}); }, nesterov);
  check_refused([&] { SGD({p}, {.lr = 0.1, .momentum = 0.9, .dampening = 0.1, .nesterov = true}); }, nesterov);
  CHECK_NOTHROW(SGD({p}, {.lr = 0}));
  CHECK_NOTHROW(optim::Adadelta({p}, {.rho = 1}));
  CHECK_NOTHROW(Adam({p}, {.lr = 0, .betas = {0, 0}, .eps = 0}));
}

TEST_CASE("SGD without a learning rate says that it is required", "[optim]") {
  const Tensor p = weight(), q = weight();
  const std::string text = "parameter group didn't specify a value of required optimization parameter lr";
  check_refused([&] { SGD({p}, {.momentum = 0.9}); }, text);
  check_refused([&] { SGD({{.params = {p}, .lr = 0.1}, {.params = {q}}}); }, text);
  CHECK_NOTHROW(SGD({{.params = {p}, .lr = 0.1}, {.params = {q}, .lr = 0.2}}));
}

TEST_CASE("parameters that cannot be optimized are refused", "[optim]") {
  const Tensor p = weight(), q = weight();
  check_refused([&] { Adam(std::vector<Tensor>{}); }, "optimizer got an empty parameter list");
  check_refused([&] { Adam(std::vector<optim::AdamGroup>{}); }, "optimizer got an empty parameter list");
  check_refused([&] { Adam({p, q, p}); }, "parameter 2 of group 0 appears twice");
  check_refused(
      [&] {
        Adam({{.params = {p}}, {.params = {q, p}}});
      },
      "some parameters appear in more than one parameter group");
  check_refused([&] { Adam({p * 2}); }, "can't optimize a non-leaf Tensor");
  check_refused([&] { Adam({Tensor()}); }, "parameter 0 of group 0 is undefined");
  check_refused([&] { Adam({ones({1}).expand({3})}); }, "clone()");
  detail::extra(q).name = "fc.weight";
  check_refused([&] { Adam({q, q}); }, "parameter 'fc.weight' appears twice");
}

TEST_CASE("a group that is refused leaves the optimizer as it was", "[optim]") {
  const Tensor p = weight(), q = weight();
  Adam adam({p});
  check_refused([&] { adam.add_param_group({.params = {q}, .lr = -1}); }, "Invalid learning rate: -1.0");
  check_refused([&] { adam.add_param_group({.params = {q, p}}); }, "more than one parameter group");
  CHECK(adam.param_groups().size() == 1);
  CHECK_NOTHROW(adam.add_param_group({.params = {q}}));
}

TEST_CASE("a step that is refused changes no parameter", "[optim]") {
  Tensor first = weight(), second = weight({4, 2});
  first.set_grad(ones({3}));
  second.set_grad(ones({4, 2}));
  const auto before = hash_of({first, second});
  SECTION("an option out of range in a later group") {
    SGD sgd({{.params = {first}}, {.params = {second}}}, {.lr = 0.1});
    sgd.param_groups()[1].lr = not_a_number;
    CHECK_THROWS_AS(sgd.step(), ValueError);
    CHECK(hash_of({first, second}) == before);
    sgd.param_groups()[1].lr = 0.1;
    CHECK_NOTHROW(sgd.step());
  }
  SECTION("a dense gradient for SparseAdam") {
    first = weight({4, 2});
    first.set_grad(sparse_gradient({1}, ones({1, 2}), {4, 2}));
    const auto start = hash_of({first, second});
    detail::extra(second).name = "fc.weight";
    SparseAdam adam({first, second});
    CHECK_THROWS_AS(adam.step(), TypeError);
    CHECK_THROWS_WITH(adam.step(),
                      "SparseAdam: parameter 'fc.weight' has a dense gradient; use Adam, or build the table with "
                      "{.sparse = true}");
    CHECK(hash_of({first, second}) == start);
  }
  SECTION("a gradient that names a row outside the table") {
    second.set_grad(sparse_gradient({1, 4}, ones({2, 2}), {4, 2}));
    Adam adam({first, second});
    CHECK_THROWS_AS(adam.step(), IndexError);
    CHECK(hash_of({first, second}) == before);
  }
}

TEST_CASE("optimizers that take no sparse gradient say which take one", "[optim]") {
  const Tensor table = weight({4, 2});
  detail::extra(table).name = "emb.weight";
  table.set_grad(sparse_gradient({1}, ones({1, 2}), {4, 2}));
  const auto before = hash_of({table});
  const auto check = [&](optim::Optimizer&& optimizer, const std::string& text) {
    INFO(text);
    CHECK_THROWS_AS(optimizer.step(), TypeError);
    CHECK_THROWS_WITH(optimizer.step(), ContainsSubstring(text));
    CHECK(hash_of({table}) == before);
    CHECK(optimizer.state_dict().at("state").size() == (text.starts_with("Adagrad") ? 1 : 0));
  };
  const std::string remedy =
      " does not support sparse gradients; use SparseAdam, Adagrad or SGD, or build the table without {.sparse = true}";
  check(optim::AdamW(table), "AdamW: parameter 'emb.weight' has a sparse gradient, and AdamW" + remedy);
  check(optim::RMSprop(table), "RMSprop" + remedy);
  check(optim::Adadelta(table), "Adadelta" + remedy);
  check(optim::Adamax(table), "Adamax" + remedy);
  check(optim::NAdam(table), "NAdam" + remedy);
  check(optim::RAdam(table), "RAdam" + remedy);
  check(optim::Adagrad(table, {.weight_decay = 0.1}),
        "Adagrad: parameter 'emb.weight' has a sparse gradient, and the weight_decay option is not compatible with "
        "sparse "
        "gradients");
}

TEST_CASE("on demand a step refuses a gradient that is not finite, naming the place", "[optim]") {
  Tensor fine = weight(), table = weight({9, 2});
  detail::extra(table).name = "tok.weight";
  Adam adam({fine, table});
  adam.check_finite();
  for (int t = 1; t < 120; ++t) adam.step();
  fine.set_grad(ones({3}));
  Tensor bad = zeros({9, 2});
  bad[7][1].fill_(not_a_number);
  const auto before = hash_of({fine, table});
  const auto check = [&](const std::string& text) {
    CHECK_THROWS_AS(adam.step(), NumericError);
    CHECK_THROWS_WITH(adam.step(), text);
    CHECK(hash_of({fine, table}) == before);
  };
  table.set_grad(bad);
  check("Adam: grad of 'tok.weight' row 7, step 120 is nan; no parameter was changed");
  table.set_grad(sparse_gradient({1, 7, 0}, tensor({{0.0, 1.0}, {-inf, 0.0}, {0.0, 0.0}}), {9, 2}));
  check("Adam: grad of 'tok.weight' row 7, step 120 is -inf; no parameter was changed");
  fine.set_grad(tensor({0.0, inf, 0.0}));
  check("Adam: grad of parameter 0 of group 0 element 1, step 120 is inf; no parameter was changed");
  adam.check_finite(false);
  CHECK_NOTHROW(adam.step());
}

TEST_CASE("a parameter that has changed its dtype under its optimizer is named", "[optim]") {
  nn::Linear module(3, 1, {.bias = false});
  Adam adam(module.parameters());
  module.weight.set_grad(ones({1, 3}));
  adam.step();
  module.to(float64);
  module.weight.set_grad(ones({1, 3}, float64));
  const auto before = hash_of({module.weight});
  CHECK_THROWS_AS(adam.step(), StateError);
  CHECK_THROWS_WITH(adam.step(),
                    ContainsSubstring("is float64 [1, 3] but the optimizer's state was made for float32 [1, 3]"));
  CHECK(hash_of({module.weight}) == before);
}

TEST_CASE("two threads that step one optimizer never do so at once", "[optim]") {
  Tensor p = parameter(1, {1 << 12}, float32);
  p.set_grad(ones({1 << 12}));
  const auto start = p.to_vector<float>()[0];
  SGD sgd({p}, {.lr = 1.0 / 1024});
  std::atomic<int> done{0};
  const auto work = [&] {
    for (int i = 0; i < 200; ++i) {
      try {
        sgd.step();
        ++done;
      } catch (const StateError&) {
        std::this_thread::yield();
      }
    }
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(done > 0);
  CHECK(static_cast<int>(p.version()) == done);
  CHECK(p.to_vector<float>()[0] == Approx(start - static_cast<float>(done) / 1024).epsilon(1e-4));
}
