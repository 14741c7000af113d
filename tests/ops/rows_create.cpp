// Functions that make tensors, and those that copy and convert them.
#include <span>

#include "ops/table.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

namespace taper_test {

using namespace taper;

namespace {

Rows makers() {
  const auto row = [](std::string name, std::function<Tensors(const Tensors&)> call,
                      std::vector<Refusal> refusals = {}) {
    OpRow r;
    r.names = {std::move(name)};
    r.inputs = {constant({2, 3})};
    r.call = std::move(call);
    r.empty = {{constant({0, 3})}};
    r.refusals = std::move(refusals);
    return r;
  };
  return {
      row("zeros",
          [](const Tensors& x) {
            return Tensors{zeros(x[0].shape()), zeros({2}, int64)};
          },
          {refuse<ShapeError>("-1",
                              [] {
                                zeros({2, -1});
                              }),
           refuse<ShapeError>("overflow",
                              [] {
                                zeros({1LL << 40, 1LL << 40});
                              }),
           refuse<TypeError>("zeros: only floating-point tensors have gradients, not int64",
                             [] { zeros({2}, {.dtype = int64, .requires_grad = true}).defined(); }),
           refuse<ValueError>("device 'cuda'", [] { zeros({2}, {.device = "cuda"}); })}),
      row("ones",
          [](const Tensors& x) {
            return Tensors{ones(x[0].shape()), ones({2}, bool_)};
          },
          {refuse<ShapeError>("-2", [] { ones({-2}); })}),
      row("empty", [](const Tensors& x) { return Tensors{empty(x[0].shape()).fill_(1)}; },
          {refuse<ShapeError>("-2", [] { empty({-2}); })}),
      row("full",
          [](const Tensors& x) {
            return Tensors{full(x[0].shape(), 2.5), full({1}, 7), full({1}, true)};
          },
          {refuse<ShapeError>("-2", [] { full({-2}, 1); })}),
      row("zeros_like",
          [](const Tensors& x) {
            return Tensors{zeros_like(x[0]), zeros_like(x[0], {.dtype = int32})};
          }),
      row("ones_like", [](const Tensors& x) { return Tensors{ones_like(x[0])}; }),
      row("empty_like", [](const Tensors& x) { return Tensors{empty_like(x[0]).copy_(x[0])}; }),
      row("full_like", [](const Tensors& x) { return Tensors{full_like(x[0], 3)}; }),
      row("arange",
          [](const Tensors&) {
            return Tensors{arange(5), arange(1, 2, 0.25), arange(5, 0, -2)};
          },
          {refuse<ValueError>("arange", [] { arange(0, 5, 0); }),
           refuse<ValueError>("arange", [] { arange(0, 5, -1); })}),
      row("linspace",
          [](const Tensors&) {
            return Tensors{linspace(0, 1, 5), linspace(2, 1, 1), linspace(0, 1, 0)};
          },
          {refuse<ValueError>("linspace", [] { linspace(0, 1, -1); })}),
      row("eye",
          [](const Tensors&) {
            return Tensors{eye(3), eye(2, 4), eye(0)};
          },
          {refuse<ShapeError>("negative size -1", [] { eye(-1); })}),
      row("tensor",
          [](const Tensors&) {
            const std::vector<float> line{1, 2};
            return Tensors{tensor(3.5), tensor({1, 2}), tensor({{true}, {false}}), tensor(line),
                           tensor(std::span(line))};
          },
          {refuse<ShapeError>("",
                              [] {
                                tensor({{1, 2}, {3}});
                              })}),
  };
}

Rows copies() {
  OpRow copied{.names = {"clone"},
               .inputs = {real({2, 3})},
               .call = one([](const Tensors& x) { return clone(x[0]); }),
               .node = "CloneBackward0",
               .empty = {{real({0, 3})}},
               .more = {{real({})}}};
  OpRow dense = copied;
  dense.names = {"contiguous"};
  dense.call = one([](const Tensors& x) { return contiguous(x[0].t()); });
  dense.more = {{real({2, 2})}};
  OpRow converted = copied;
  converted.names = {"to"};
  // Through float32 differences see only rounding, so the dtype changes on a number that float32 holds.
  converted.call = one([](const Tensors& x) { return to(to(x[0], float64) * 2, float64); });
  converted.node = "MulBackward0";
  return {copied, dense, converted};
}

}  // namespace

Rows create_rows() {
  Rows rows = makers();
  for (OpRow& row : copies()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace taper_test
