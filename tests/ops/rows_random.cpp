#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/random.h"

namespace taper_test {

using namespace taper;

namespace {

OpRow maker(std::string name, std::function<Tensors(const Tensors&)> call, std::vector<Refusal> refusals = {}) {
  OpRow row;
  row.names = {std::move(name)};
  row.inputs = {constant({2, 3})};
  row.call = std::move(call);
  row.empty = {{constant({0, 3})}};
  row.refusals = std::move(refusals);
  row.random = true;
  return row;
}

}  // namespace

Rows random_rows() {
  Rows rows{
      maker("rand",
            [](const Tensors& x) {
              return Tensors{rand(x[0].shape()), rand({20}, float64)};
            },
            {refuse<ShapeError>("negative size -1", [] { rand({-1}); }),
             refuse<TypeError>("rand", [] { rand({2}, int64); }),
             refuse<ValueError>("cuda", [] { rand({2}, {.device = "cuda"}); })}),
      maker("randn",
            [](const Tensors& x) {
              return Tensors{randn(x[0].shape()), randn({20}, float64)};
            },
            {refuse<ShapeError>("negative size -1", [] { randn({-1}); }),
             refuse<TypeError>("randn", [] { randn({2}, bool_); })}),
      maker("randint",
            [](const Tensors& x) {
              return Tensors{randint(7, x[0].shape()), randint(-3, 5, {4}, int32)};
            },
            {refuse<ValueError>("randint", [] { randint(0, {2}); }),
             refuse<ValueError>("randint", [] { randint(3, 3, {2}); })}),
      maker("randperm",
            [](const Tensors&) {
              return Tensors{randperm(9), randperm(0), randperm(4, int32)};
            },
            {refuse<ValueError>("randperm", [] { randperm(-1); }),
             refuse<TypeError>("randperm", [] { randperm(2, bool_); })}),
      maker("rand_like", [](const Tensors& x) { return Tensors{rand_like(x[0].detach().contiguous())}; }),
      maker("randn_like", [](const Tensors& x) { return Tensors{randn_like(x[0].detach().contiguous())}; }),
      maker("randint_like",
            [](const Tensors& x) {
              return Tensors{randint_like(x[0].contiguous(), 5), randint_like(x[0].contiguous(), -2, 2)};
            },
            {refuse<ValueError>("randint_like", [] { randint_like(ones({2}), 0); })}),
  };
  rows.push_back(maker("state_tensor", [](const Tensors&) { return Tensors{state_tensor(Generator(1).get_state())}; }));
  rows.push_back(maker("state_bytes",
                       [](const Tensors&) {
                         return Tensors{tensor(static_cast<std::int64_t>(state_bytes(tensor({1, 2})).size()))};
                       },
                       {refuse<TypeError>("state_bytes", [] { state_bytes(ones({2})); }),
                        refuse<ValueError>("element 0 is -1", [] { state_bytes(tensor({-1})); })}));
  rows.push_back(maker("set_rng_state",
                       [](const Tensors&) {
                         const Tensor state = state_tensor(get_rng_state());
                         set_rng_state(state);
                         return Tensors{state};
                       },
                       {refuse<TypeError>("RNG state must be a tensor of bytes", [] { set_rng_state(ones({2})); }),
                        refuse<ValueError>("state", [] {
                          set_rng_state(tensor({1, 2}));
                        })}));
  OpRow samples;
  samples.names = {"multinomial"};
  samples.inputs = {constant({2, 3}, 0.1, 0.9)};
  samples.call = one([](const Tensors& x) { return multinomial(x[0].contiguous(), 2); });
  samples.empty = {{constant({0, 3}, 0.1, 0.9)}};
  samples.refusals = {refuse<ValueError>("multinomial", [] { multinomial(zeros({2}), 1); }),
                      refuse<TypeError>("multinomial", [] { multinomial(ones({2}, int64), 1); })};
  samples.random = true;
  rows.push_back(std::move(samples));
  OpRow around;
  around.names = {"normal"};
  around.inputs = {constant({2, 3}, 0.1, 0.9)};
  around.call = one([](const Tensors& x) { return normal(x[0].contiguous(), x[0].contiguous()); });
  around.empty = {{constant({0, 3}, 0.1, 0.9)}};
  around.refusals = {refuse<ValueError>("normal", [] { normal(ones({2}), -1.0); }),
                     refuse<TypeError>("normal", [] { normal(ones({2}, int64), 1.0); })};
  around.random = true;
  rows.push_back(std::move(around));
  OpRow draw;
  draw.names = {"bernoulli"};
  draw.inputs = {constant({2, 3}, 0.1, 0.9)};
  draw.call = one([](const Tensors& x) { return bernoulli(x[0].contiguous()); });
  draw.empty = {{constant({0, 3}, 0.1, 0.9)}};
  draw.refusals = {refuse<ValueError>("bernoulli", [] { bernoulli(full({2}, 1.5)); }),
                   refuse<TypeError>("bernoulli", [] { bernoulli(ones({2}, int64)); })};
  draw.random = true;
  rows.push_back(std::move(draw));
  return rows;
}

}  // namespace taper_test
