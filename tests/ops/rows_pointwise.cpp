#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"

namespace taper_test {

using namespace taper;

namespace {

const Shape kShape{2, 3};

Rows functions() {
  const auto row = [](std::string name, Tensor (*f)(const Tensor&), std::string node, double low = -2,
                      double high = 2) {
    OpRow r;
    r.names = {std::move(name)};
    r.inputs = {real(kShape, low, high)};
    r.call = one([f](const Tensors& x) { return f(x[0]); });
    r.node = std::move(node);
    r.empty = {{real({0, 3})}};
    r.more = {{real({}, low, high)}};
    return r;
  };
  const auto saving = [](OpRow r) {
    r.saves = {0};
    return r;
  };
  const auto keeping = [](OpRow r) {
    r.saves_result = true;
    return r;
  };
  return {
      row("neg", &neg, "NegBackward0"),
      saving(row("square", &square, "PowBackward0")),
      saving(row("abs", &abs, "AbsBackward0")),
      row("sign", &sign, "SignBackward0"),
      keeping(row("reciprocal", &reciprocal, "ReciprocalBackward0")),
      keeping(row("sqrt", &sqrt, "SqrtBackward0", 0.3, 3)),
      keeping(row("rsqrt", &rsqrt, "RsqrtBackward0", 0.3, 3)),
      keeping(row("exp", &exp, "ExpBackward0")),
      keeping(row("expm1", &expm1, "Expm1Backward0")),
      saving(row("log", &log, "LogBackward0", 0.3, 3)),
      saving(row("log1p", &log1p, "Log1PBackward0", -0.7, 2)),
      saving(row("sin", &sin, "SinBackward0")),
      saving(row("cos", &cos, "CosBackward0")),
      keeping(row("tanh", &tanh, "TanhBackward0")),
      keeping(row("sigmoid", &sigmoid, "SigmoidBackward0")),
      keeping(row("relu", &relu, "ReluBackward0")),
      saving(row("erf", &erf, "ErfBackward0")),
      saving(row("silu", &silu, "SiluBackward0")),
      saving(row("logsigmoid", &logsigmoid, "LogSigmoidBackward0")),
  };
}

}  // namespace

Rows pointwise_rows() {
  Rows rows = functions();
  rows.push_back({.names = {"mul", "operator*"},
                  .form = "of two tensors",
                  .inputs = {real({2, 3}), real({2, 3})},
                  .call = one([](const Tensors& x) { return x[0] * x[1]; }),
                  .node = "MulBackward0",
                  .saves = {0, 1},
                  .empty = {{real({0, 3}), real({3})}, {real({2, 0}), real({2, 1})}},
                  .more = {{real({2, 3}), real({3})}, {real({2, 1, 3}), real({4, 1})}, {real({}), real({2})}},
                  .refusals = {refuse<ShapeError>("mul: ",
                                                  [] {
                                                    (void)(ones({2, 3}) * ones({4}));
                                                  })},
                  .elementwise = true});
  return rows;
}

}  // namespace taper_test
