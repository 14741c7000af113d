// A Parameter that is handed over is shared: an optimizer never works on a copy.
#include "catch.h"
#include "taper/base/error.h"
#include "taper/nn/container.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/optim/sgd.h"

using namespace taper;
using Numbers = std::vector<double>;

namespace {

struct Net : nn::Module {
  nn::Parameter weight{ones({2})};
  Tensor forward(const Tensor& x) { return (x * weight).sum(); }
  TAPER_MODULE(weight)
};

struct Bare : nn::Module {
  nn::Parameter weight{ones({2})};
};

template <class Optimizer>
void step(Net& model, Optimizer& optimizer) {
  optimizer.zero_grad();
  model(ones({2})).backward();
  optimizer.step();
}

}  // namespace

TEST_CASE("an optimizer shares the parameters that it is given, however they are handed over") {
  Net model;
  const Tensor handle = model.weight;
  const auto moves = [&](optim::SGD optimizer, double expected) {
    CHECK(optimizer.param_groups()[0].params[0].is(model.weight));
    step(model, optimizer);
    CHECK(handle.to_vector<double>() == Numbers(2, expected));
  };
  moves(optim::SGD(model.parameters(), {.lr = 0.5}), 0.5);
  moves(optim::SGD({model.weight}, {.lr = 0.5}), 0.0);
  moves(optim::SGD(std::vector<Tensor>{model.weight}, {.lr = 0.5}), -0.5);
}

TEST_CASE("an optimizer goes on with a module that was moved, assigned, loaded or converted") {
  Net model;
  const Net best = model;
  optim::SGD optimizer(model.parameters(), {.lr = 0.25});
  step(model, optimizer);
  CHECK(model.weight.to_vector<double>() == Numbers{0.75, 0.75});
  model = best;
  step(model, optimizer);
  CHECK(model.weight.to_vector<double>() == Numbers{0.75, 0.75});
  model.load_state_dict(best.state_dict());
  step(model, optimizer);
  CHECK(model.weight.to_vector<double>() == Numbers{0.75, 0.75});
  CHECK(best.weight.to_vector<double>() == Numbers{1, 1});
  Net moved = std::move(model);
  step(moved, optimizer);
  CHECK(moved.weight.to_vector<double>() == Numbers{0.5, 0.5});
  moved.to(float64);
  step(moved, optimizer);
  CHECK(moved.weight.to_vector<double>() == Numbers{0.25, 0.25});
}

TEST_CASE("a module without TAPER_MODULE cannot be made, and its list takes parameters, buffers and modules alone") {
  STATIC_REQUIRE(std::is_abstract_v<Bare>);
  STATIC_REQUIRE(nn::detail::is_member<nn::Parameter>);
  STATIC_REQUIRE(nn::detail::is_member<nn::Buffer>);
  STATIC_REQUIRE(nn::detail::is_member<nn::ModuleList<nn::Linear>>);
  STATIC_REQUIRE_FALSE(nn::detail::is_member<Tensor>);
  STATIC_REQUIRE_FALSE(nn::detail::is_member<int>);
}

TEST_CASE("a module is not sliced into its base") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<nn::Module>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<nn::Module, Net&>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<nn::Module&, const Net&>);
}
