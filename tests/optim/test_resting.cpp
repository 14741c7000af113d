// Adam of a large table steps the rows that have been touched lately, and nobody can tell but by the time it takes.
#include <cmath>

#include "autograd/row_gradient.h"
#include "catch.h"
#include "kernels/values.h"
#include "optim/param.h"
#include "optim/resting.h"
#include "optim/trajectories.h"
#include "taper/autograd/autograd.h"
#include "taper/nn/freeze.h"
#include "taper/ops/copy.h"
#include "taper/ops/embedding.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"
#include "taper/optim/adam.h"

using namespace taper;
using namespace taper_test;
using optim::detail::State;

namespace {

constexpr std::int64_t rows = 8000, dim = 3, batch = 4;

/// One table by rows and one by the plain loop.
class Pair {
 public:
  explicit Pair(const optim::AdamOptions& options, DType dtype = float32) : o(options) {
    for (State* state : {&by_rows, &plain}) {
      state->param = parameter(1, {rows, dim}, dtype);
      for (int i : {0, 1}) state->slots[i] = zeros({rows, dim}, {.dtype = dtype});
    }
  }

  /// Whether the step went by rows. `of` the table's first rows are looked up.
  bool step(std::int64_t of = rows) {
    const NoGradGuard no_grad;
    const std::int64_t t = ++by_rows.step;
    ++plain.step;
    const Tensor ids = tensor(integers(100 + t, batch, static_cast<std::uint64_t>(of)));
    const Tensor g = values(200 + t, {batch, dim}, plain.param.dtype());
    const Tensor leaf = plain.param.detach().requires_grad_();
    {
      const EnableGradGuard grad;
      embedding(ids, leaf).backward(g);
    }
    kernels::StepScalars s = optim::detail::scalars_of(o);
    s.bias2 = std::sqrt(1 - std::pow(o.betas.second, static_cast<double>(t)));
    s.step = -(o.lr / (1 - std::pow(o.betas.first, static_cast<double>(t))));
    const Tensor held = detail::held_gradient(leaf);
    REQUIRE(detail::is_row_held(held));
    const bool done = optim::detail::step_by_rows(by_rows, held, s, o.amsgrad);
    if (!done) optim::detail::dense_step(kernels::Rule::adam, by_rows, held, {0, 1, -1}, s);
    optim::detail::dense_step(kernels::Rule::adam, plain, held, {0, 1, -1}, s);
    return done;
  }
  /// How many of so many steps went by rows.
  int steps(int count, std::int64_t of = rows) {
    int result = 0;
    for (int i = 0; i < count; ++i) result += step(of) ? 1 : 0;
    return result;
  }

  bool parameters_agree() const { return hash_of({by_rows.param}) == hash_of({plain.param}); }
  bool all_agree() {
    if (optim::detail::Resting* resting = by_rows.resting.get()) resting->catch_up(by_rows, by_rows.step);
    return parameters_agree() && hash_of({by_rows.slots[0]}) == hash_of({plain.slots[0]}) &&
           hash_of({by_rows.slots[1]}) == hash_of({plain.slots[1]});
  }
  std::int64_t moving() const { return by_rows.resting.get()->moving(); }

  optim::AdamOptions o;
  State by_rows, plain;
};

}  // namespace

TEST_CASE("Adam by rows comes to the plain loop's bits", "[optim]") {
  const DType dtype = GENERATE(float32, float64);
  const auto options = GENERATE(optim::AdamOptions{}, optim::AdamOptions{.betas = {0.5, 0.9}, .maximize = true},
                                optim::AdamOptions{.lr = 0.1, .betas = {0.8, 0.99}, .eps = 1e-3});
  on_every_target([&] {
    Pair pair(options, dtype);
    for (int i = 0; i < 4; ++i) {
      CHECK(pair.steps(150) == 150);
      CHECK(pair.parameters_agree());
    }
    CHECK(pair.moving() < rows / 4);
    CHECK(pair.steps(300, 7) == 300);  // the others have a long rest
    CHECK(pair.moving() < 1000);
    CHECK(pair.all_agree());
    CHECK(pair.steps(100) == 100);
    CHECK(pair.all_agree());
  });
}

TEST_CASE("what resting rows counted on may change", "[optim]") {
  Pair pair({});
  pair.steps(400);
  const std::int64_t moving = pair.moving();
  REQUIRE(moving < rows / 4);
  const auto on_both = [&](auto&& change) {
    change(pair.by_rows.param);
    change(pair.plain.param);
  };
  SECTION("the parameter, by an operation") {
    const NoGradGuard no_grad;
    on_both([](Tensor& p) { p.mul_(1e-9); });
    CHECK_FALSE(pair.step());
  }
  SECTION("the parameter, through a pointer") {
    on_both([](Tensor& p) { std::fill_n(p.data<float>(), p.numel(), 1e-12F); });
    CHECK_FALSE(pair.step());
  }
  SECTION("the rate") {
    pair.o.lr = 1;
    CHECK_FALSE(pair.step());
  }
  SECTION("the decay") {
    pair.o.betas = {0.99, 0.9};
    CHECK_FALSE(pair.step());
  }
  SECTION("the direction") {
    pair.o.maximize = true;
    CHECK_FALSE(pair.step());
  }
  SECTION("the rate, by little") {
    pair.o.lr *= 1.5;
    CHECK(pair.step());
    CHECK(pair.moving() < 2 * moving);
  }
  CHECK(pair.parameters_agree());
  pair.steps(300);
  CHECK(pair.all_agree());
}

TEST_CASE("Adam goes by rows again once a change has passed", "[optim]") {
  Pair pair({});
  pair.steps(300);
  {
    const NoGradGuard no_grad;
    pair.by_rows.param.mul_(2);
    pair.plain.param.mul_(2);
  }
  CHECK(pair.steps(100) > 50);
  CHECK(pair.moving() < rows / 4);
  CHECK(pair.all_agree());
}

TEST_CASE("Adam leaves rows for the plain loop", "[optim]") {
  Pair pair({});
  pair.steps(300);
  SECTION("while somebody holds the moments, who sees them at every step") {
    const Tensor moment = pair.by_rows.slots[0];
    for (int i = 0; i < 3; ++i) {
      CHECK_FALSE(pair.step());
      CHECK(hash_of({moment}) == hash_of({pair.plain.slots[0]}));
    }
  }
  SECTION("where weight decay moves every row") {
    pair.o.weight_decay = 0.1;
    CHECK_FALSE(pair.step());
  }
  SECTION("where rows are frozen") {
    nn::freeze_rows(pair.by_rows.param, tensor({std::int64_t{1}}));
    CHECK_FALSE(pair.step());
  }
  SECTION("where a zero might be divided by a zero") {
    pair.o.eps = 0;
    CHECK_FALSE(pair.step());
    return;  // of NaN
  }
  CHECK(pair.all_agree());
}

TEST_CASE("a state dict of Adam has moments that are up to date", "[optim]") {
  const auto run = [](bool ask_early) {
    const Tensor table = parameter(1, {rows, dim}, float32);
    optim::Adam adam({table});
    Dict early;
    for (std::int64_t t = 0; t < 300; ++t) {
      adam.zero_grad();
      embedding(tensor(integers(t, batch, rows)), table).backward(values(t, {batch, dim}, float32));
      adam.step();
      if (ask_early && t == 0) early = adam.state_dict();  // held to the end: the plain loop from here on
    }
    Dict moments = adam.state_dict()["state"].dict()[0].dict();
    return hash_of({table, moments["exp_avg"].as<Tensor>(), moments["exp_avg_sq"].as<Tensor>()});
  };
  CHECK(run(false) == run(true));
}
