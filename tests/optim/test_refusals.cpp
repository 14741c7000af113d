// What every optimizer refuses, one after the other, and that nothing has changed.
#include <cmath>
#include <limits>

#include "catch.h"
#include "optim/trajectories.h"
#include "taper/base/error.h"
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

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

template <class Optimizer, class Group, class Options>
struct Kind {
  using Made = Optimizer;
  using Parts = Group;
  using Given = Options;
};

// Calls visit(Kind, name) for each of the ten.
template <class F>
void for_each_optimizer(F visit) {
  using namespace optim;
  visit(Kind<SGD, SGDGroup, SGDOptions>(), "SGD");
  visit(Kind<Adam, AdamGroup, AdamOptions>(), "Adam");
  visit(Kind<AdamW, AdamWGroup, AdamWOptions>(), "AdamW");
  visit(Kind<Adagrad, AdagradGroup, AdagradOptions>(), "Adagrad");
  visit(Kind<RMSprop, RMSpropGroup, RMSpropOptions>(), "RMSprop");
  visit(Kind<Adadelta, AdadeltaGroup, AdadeltaOptions>(), "Adadelta");
  visit(Kind<Adamax, AdamaxGroup, AdamaxOptions>(), "Adamax");
  visit(Kind<NAdam, NAdamGroup, NAdamOptions>(), "NAdam");
  visit(Kind<RAdam, RAdamGroup, RAdamOptions>(), "RAdam");
  visit(Kind<SparseAdam, SparseAdamGroup, SparseAdamOptions>(), "SparseAdam");
}

template <class Options>
Options with_rate(double lr) {
  Options options;
  options.lr = lr;
  return options;
}

template <class Error, class F>
void refused(F make, const std::string& text) {
  INFO(text);
  CHECK_THROWS_AS(make(), Error);
  CHECK_THROWS_WITH(make(), ContainsSubstring(text));
}

}  // namespace

TEST_CASE("every optimizer refuses no parameters and one that comes twice", "[optim]") {
  for_each_optimizer([](auto kind, const char* name) {
    using Made = typename decltype(kind)::Made;
    using Group = typename decltype(kind)::Parts;
    const auto options = with_rate<typename decltype(kind)::Given>(0.1);
    INFO(name);
    const Tensor p = parameter(1, {3, 2}, float32), q = parameter(2, {3, 2}, float32);
    refused<ValueError>([&] { Made(std::vector<Tensor>{}, options); }, "optimizer got an empty parameter list");
    refused<ValueError>([&] { Made(std::vector<Group>{}, options); }, "optimizer got an empty parameter list");
    refused<ValueError>([&] { Made(std::vector<Tensor>{p, q, p}, options); }, "parameter 2 of group 0 appears twice");
    refused<ValueError>(
        [&] {
          Made(std::vector<Group>{{.params = {p}}, {.params = {q, p}}}, options);
        },
        "some parameters appear in more than one parameter group");
  });
}

TEST_CASE("every optimizer refuses a learning rate that is negative, NaN or infinite, and changes nothing", "[optim]") {
  for_each_optimizer([](auto kind, const char* name) {
    using Made = typename decltype(kind)::Made;
    using Options = typename decltype(kind)::Given;
    INFO(name);
    Tensor p = parameter(1, {3, 2}, float32);
    const auto before = hash_of({p});
    refused<ValueError>([&] { Made(std::vector<Tensor>{p}, with_rate<Options>(-0.5)); }, "Invalid learning rate: -0.5");
    for (const double bad : {not_a_number, inf, -inf})
      CHECK_THROWS_AS(Made(std::vector<Tensor>{p}, with_rate<Options>(bad)), ValueError);
    // A rate that goes wrong later is found by the step.
    Made made(std::vector<Tensor>{p}, with_rate<Options>(0.1));
    p.set_grad(std::string(name) == "SparseAdam" ? sparse_gradient({1}, ones({1, 2}), {3, 2}) : ones({3, 2}));
    for (const double bad : {-0.5, not_a_number, inf}) {
      made.param_groups()[0].lr = bad;
      CHECK_THROWS_AS(made.step(), ValueError);
      CHECK(hash_of({p}) == before);
    }
    made.param_groups()[0].lr = 0.1;
    made.step();
    CHECK(hash_of({p}) != before);
  });
}

TEST_CASE("every optimizer that has betas refuses a beta of 1", "[optim]") {
  int found = 0;
  for_each_optimizer([&](auto kind, const char* name) {
    using Made = typename decltype(kind)::Made;
    using Options = typename decltype(kind)::Given;
    if constexpr (requires(Options options) { options.betas; }) {
      INFO(name);
      ++found;
      const Tensor p = parameter(1, {3, 2}, float32);
      Options options;
      options.betas = {1.0, 0.9};
      refused<ValueError>([&] { Made(std::vector<Tensor>{p}, options); },
                          std::string(name) + ": Invalid beta parameter at index 0: 1.0; it must lie in [0, 1)");
      options.betas = {0.9, 1.0};
      refused<ValueError>([&] { Made(std::vector<Tensor>{p}, options); },
                          std::string(name) + ": Invalid beta parameter at index 1: 1.0; it must lie in [0, 1)");
    }
  });
  CHECK(found == 6);
}

TEST_CASE("every optimizer refuses a state for other shapes, naming the parameter, and goes on as it was", "[optim]") {
  for_each_optimizer([](auto kind, const char* name) {
    using Made = typename decltype(kind)::Made;
    auto options = with_rate<typename decltype(kind)::Given>(0.1);
    if constexpr (requires { options.momentum; }) options.momentum = 0.9;
    INFO(name);
    const bool sparse = std::string(name) == "SparseAdam";
    const auto stepped = [&](Tensor p, std::int64_t columns) {
      Made made(std::vector<Tensor>{p}, options);
      p.set_grad(sparse ? sparse_gradient({1}, ones({1, columns}), {3, columns}) : ones({3, columns}));
      made.step();
      return made;
    };
    const Tensor wide = parameter(1, {3, 4}, float32), p = parameter(2, {3, 2}, float32);
    detail::extra(p).name = "fc.weight";
    const Made other = stepped(wide, 4);
    Made mine = stepped(p, 2);
    const auto before = hash_of({p});
    const std::string state = Value(mine.state_dict()).str();
    refused<StateError>([&] { mine.load_state_dict(other.state_dict()); }, "parameter 'fc.weight'");
    refused<StateError>([&] { mine.load_state_dict(other.state_dict()); }, "shape [3, 4]");
    CHECK(Value(mine.state_dict()).str() == state);
    CHECK(hash_of({p}) == before);
    CHECK_NOTHROW(mine.step());
  });
}
