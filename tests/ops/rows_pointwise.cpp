#include <cmath>

#include "ops/table.h"
#include "taper/ops/close.h"
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
      keeping(row("erfinv", &erfinv, "ErfinvBackward0", -0.9, 0.9)),
      saving(row("silu", &silu, "SiluBackward0")),
      saving(row("logsigmoid", &logsigmoid, "LogSigmoidBackward0")),
  };
}

// An operation of two tensors that broadcast.
OpRow binary(std::vector<std::string> names, Tensor (*f)(const Tensor&, const Tensor&), std::string node,
             std::vector<int> saves = {}, double low = -2) {
  const std::string op = names[0];
  OpRow r;
  r.names = std::move(names);
  r.form = "of two tensors";
  r.inputs = {real({2, 3}, low), real({2, 3}, low)};
  r.call = one([f](const Tensors& x) { return f(x[0], x[1]); });
  r.node = std::move(node);
  r.saves = std::move(saves);
  r.empty = {{real({0, 3}), real({3})}, {real({2, 0}), real({2, 1})}};
  r.more = {{real({2, 3}, low), real({3}, low)},
            {real({2, 1, 3}, low), real({4, 1}, low)},
            {real({}, low), real({2}, low)},
            {real({}, low), real({}, low)}};
  r.refusals = {refuse<ShapeError>(op + ": shapes [2, 3] and [4] do not broadcast: 3 vs 4", [f] {
    f(ones({2, 3}), ones({4}));
  })};
  r.elementwise = true;
  return r;
}

Rows arithmetic() {
  Rows rows{
      binary({"add"}, &add, "AddBackward0"),
      binary({"sub"}, &sub, "SubBackward0"),
      binary({"mul"}, &mul, "MulBackward0", {0, 1}),
      binary({"div"}, &div, "DivBackward0", {0, 1}),
      binary(
          {"pow"}, [](const Tensor& a, const Tensor& b) { return pow(a, b); }, "PowBackward1", {0, 1}, 0.3),
      binary({"maximum"}, &maximum, "MaximumBackward0", {0, 1}),
      binary({"minimum"}, &minimum, "MinimumBackward0", {0, 1}),
  };
  rows[1].refusals.push_back(
      refuse<TypeError>("sub: bools cannot be subtracted", [] { sub(ones({2}, bool_), ones({2}, bool_)); }));
  rows[4].saves_result = true;
  rows[4].refusals.push_back(
      refuse<TypeError>("pow: not defined for bool", [] { pow(ones({2}, bool_), ones({2}, bool_)); }));
  return rows;
}

Rows operators() {
  const auto row = [](std::string name, std::string form, Tensor (*f)(const Tensor&), std::string node,
                      bool saves = false) {
    OpRow r;
    r.names = {std::move(name)};
    r.form = std::move(form);
    r.inputs = {real(kShape)};
    r.call = one([f](const Tensors& x) { return f(x[0]); });
    r.node = std::move(node);
    if (saves) r.saves = {0};
    r.empty = {{real({0})}};
    return r;
  };
  const auto pair = [](std::string name, Tensor (*f)(const Tensor&, const Tensor&), std::string node) {
    OpRow r;
    r.names = {std::move(name)};
    r.form = "of two tensors";
    r.inputs = {real(kShape), real(kShape)};
    r.call = one([f](const Tensors& x) { return f(x[0], x[1]); });
    r.node = std::move(node);
    return r;
  };
  return {
      pair(
          "operator+", [](const Tensor& a, const Tensor& b) { return a + b; }, "AddBackward0"),
      pair(
          "operator-", [](const Tensor& a, const Tensor& b) { return a - b; }, "SubBackward0"),
      pair(
          "operator*", [](const Tensor& a, const Tensor& b) { return a * b; }, "MulBackward0"),
      pair(
          "operator/", [](const Tensor& a, const Tensor& b) { return a / b; }, "DivBackward0"),
      row(
          "operator+", "with a number behind", [](const Tensor& x) { return x + 1.5; }, "AddBackward0"),
      row(
          "operator+", "with a number in front", [](const Tensor& x) { return 1.5 + x; }, "AddBackward0"),
      row(
          "operator-", "with a number behind", [](const Tensor& x) { return x - 2; }, "SubBackward0"),
      row(
          "operator-", "with a number in front", [](const Tensor& x) { return 2 - x; }, "RsubBackward1"),
      row(
          "operator-", "of one tensor", [](const Tensor& x) { return -x; }, "NegBackward0"),
      row(
          "operator*", "with a number behind", [](const Tensor& x) { return x * 3; }, "MulBackward0"),
      row(
          "operator*", "with a number in front", [](const Tensor& x) { return -0.5 * x; }, "MulBackward0"),
      row(
          "operator/", "by a number", [](const Tensor& x) { return x / 4; }, "DivBackward0"),
      row(
          "operator/", "of a number", [](const Tensor& x) { return 4 / x; }, "MulBackward0"),
      row(
          "pow", "to the number 3", [](const Tensor& x) { return pow(x, 3); }, "PowBackward0", true),
      row(
          "pow", "to the number 2", [](const Tensor& x) { return pow(x, 2); }, "PowBackward0", true),
      row(
          "pow", "to the number 1", [](const Tensor& x) { return pow(x, 1); }, "PowBackward0"),
      row(
          "pow", "to the number 0", [](const Tensor& x) { return pow(x, 0); }, "PowBackward0"),
      row(
          "pow", "to the number -1", [](const Tensor& x) { return pow(x, -1); }, "PowBackward0", true),
      row(
          "pow", "to the number 2.5", [](const Tensor& x) { return pow(x.abs(), 2.5); }, "PowBackward0"),
      row(
          "pow", "of the number 2", [](const Tensor& x) { return pow(2, x); }, "PowBackward1"),
  };
}

Rows with_parameters() {
  const auto row = [](std::string name, std::string form, std::function<Tensor(const Tensor&)> f, std::string node) {
    OpRow r;
    r.names = {std::move(name)};
    r.form = std::move(form);
    r.inputs = {real(kShape)};
    r.call = one([f = std::move(f)](const Tensors& x) { return f(x[0]); });
    r.node = std::move(node);
    r.empty = {{real({0})}};
    r.more = {{real({})}};
    return r;
  };
  Rows rows{
      row(
          "gelu", "with the error function", [](const Tensor& x) { return gelu(x); }, "GeluBackward0"),
      row(
          "gelu", "with tanh", [](const Tensor& x) { return gelu(x, "tanh"); }, ""),
      row(
          "softplus", "as it is", [](const Tensor& x) { return softplus(x); }, "SoftplusBackward0"),
      row(
          "softplus", "with beta and threshold", [](const Tensor& x) { return softplus(x, 2.0, 1.1); },
          "SoftplusBackward0"),
      row(
          "clamp", "from below", [](const Tensor& x) { return clamp(x, -0.4); }, "ClampBackward1"),
      row(
          "clamp", "from above", [](const Tensor& x) { return clamp(x, {}, 0.6); }, "ClampBackward1"),
      row(
          "clamp", "from both sides", [](const Tensor& x) { return clamp(x, -0.4, 0.6); }, "ClampBackward1"),
  };
  for (std::size_t i : {0U, 2U, 3U, 4U, 5U, 6U}) rows[i].saves = {0};
  rows[0].refusals = {
      refuse<ValueError>("gelu: approximate 'sigmoid'; 'none' or 'tanh'", [] { gelu(ones({2}), "sigmoid"); })};
  rows[4].refusals = {refuse<ValueError>("clamp: neither min nor max is given", [] { clamp(ones({2}), {}); })};
  return rows;
}

Rows choices() {
  const Tensor mask = tensor({{true, false, true}, {false, false, true}});
  const Tensor line = tensor({true, false, true});
  Rows rows;
  rows.push_back({.names = {"where"},
                  .form = "of two tensors",
                  .inputs = {given(mask), real({2, 3}), real({2, 3})},
                  .call = one([](const Tensors& x) { return where(x[0], x[1], x[2]); }),
                  .node = "WhereBackward0",
                  .empty = {{given(ones({0, 3}, bool_)), real({3}), real({1, 3})}},
                  .more = {{given(mask), real({3}), real({2, 1})}, {given(line), real({2, 1}), real({})}},
                  .refusals = {refuse<TypeError>("where: the condition must be bool, got int64",
                                                 [] { where(ones({2}, int64), ones({2}), ones({2})); }),
                               refuse<ShapeError>("where: shapes [2] and [3]",
                                                  [] { where(ones({2}, bool_), ones({3}), ones({3})); })},
                  .elementwise = true});
  rows.push_back({.names = {"where"},
                  .form = "of a tensor and a number",
                  .inputs = {given(mask), real({2, 3})},
                  .call = one([](const Tensors& x) { return where(x[0], x[1], 0.5); })});
  rows.push_back({.names = {"where"},
                  .form = "of a number and a tensor",
                  .inputs = {given(mask), real({2, 3})},
                  .call = one([](const Tensors& x) { return where(x[0], 2, x[1]); })});
  rows.push_back({.names = {"masked_fill"},
                  .inputs = {real({2, 3}), given(mask)},
                  .call = one([](const Tensors& x) { return masked_fill(x[0], x[1], 0.5); }),
                  .node = "MaskedFillBackward0",
                  .empty = {{real({0, 3}), given(line)}},
                  .more = {{real({2, 3}), given(line)}, {real({3}), given(mask)}, {real({}), given(mask)}},
                  .refusals = {refuse<TypeError>("masked_fill: the condition must be bool, got float32",
                                                 [] { masked_fill(ones({2}), ones({2}), 0); }),
                               refuse<TypeError>("masked_fill: the value 0.5 does not fit into a tensor of int64",
                                                 [] { masked_fill(ones({2}, int64), ones({2}, bool_), 0.5); }),
                               refuse<ShapeError>("masked_fill: shapes [4] and [3] do not broadcast",
                                                  [] { masked_fill(ones({3}), ones({4}, bool_), 0); })}});
  rows.push_back({.names = {"lerp"},
                  .form = "by a number",
                  .inputs = {real({2, 3}), real({2, 3})},
                  .call = one([](const Tensors& x) { return lerp(x[0], x[1], 0.3); }),
                  .node = "LerpBackward0",
                  .more = {{real({2, 3}), real({3})}},
                  .elementwise = true});
  rows.push_back({.names = {"lerp"},
                  .form = "by a tensor",
                  .inputs = {real({2, 3}), real({2, 3}), real({2, 3})},
                  .call = one([](const Tensors& x) { return lerp(x[0], x[1], x[2]); }),
                  .node = "LerpBackward0",
                  .saves = {0, 1, 2},
                  .empty = {{real({0, 3}), real({3}), real({})}},
                  .more = {{real({2, 3}), real({3}), real({2, 1})}, {real({3}), real({2, 1}), real({})}},
                  .refusals = {refuse<ShapeError>("lerp: shapes", [] { lerp(ones({2}), ones({3}), 0.5); }),
                               refuse<TypeError>("lerp: a start of float32 with an operand of float64",
                                                 [] { lerp(ones({2}), ones({2}, float64), 0.5); }),
                               refuse<TypeError>("lerp: not defined for int64",
                                                 [] { lerp(ones({2}, int64), ones({2}, int64), 0.5); })},
                  .elementwise = true});
  return rows;
}

// Of results that have no gradient only shapes, strides and refusals can be wrong; their values stand in
// test_promotion.cpp.
Rows comparisons() {
  const auto row = [](std::vector<std::string> names, Tensor (*f)(const Tensor&, const Tensor&),
                      std::string form = {}) {
    OpRow r;
    r.names = std::move(names);
    r.form = std::move(form);
    r.inputs = {constant({2, 3}), constant({2, 3})};
    r.call = one([f](const Tensors& x) { return f(x[0], x[1]); });
    r.empty = {{constant({0, 3}), constant({3})}};
    r.more = {{constant({2, 3}), constant({3})}, {constant({2, 1}), constant({})}};
    r.elementwise = true;
    return r;
  };
  Rows rows{
      row({"eq", "operator=="}, [](const Tensor& a, const Tensor& b) { return a == b; }),
      row({"ne", "operator!="}, [](const Tensor& a, const Tensor& b) { return a != b; }),
      row({"lt", "operator<"}, [](const Tensor& a, const Tensor& b) { return a < b; }),
      row({"le", "operator<="}, [](const Tensor& a, const Tensor& b) { return a <= b; }),
      row({"gt", "operator>"}, [](const Tensor& a, const Tensor& b) { return a > b; }),
      row({"ge", "operator>="}, [](const Tensor& a, const Tensor& b) { return a >= b; }),
      row({"logical_and"}, &logical_and),
      row({"logical_or"}, &logical_or),
      row({"logical_not"}, [](const Tensor& a, const Tensor& b) { return logical_not(a * (b > 0)); }),
      row({"isnan"}, [](const Tensor& a, const Tensor& b) { return isnan(sqrt(a) + b); }),
      row({"operator&"}, [](const Tensor& a, const Tensor& b) { return (a > 0) & (b > 0); }),
      row({"operator|"}, [](const Tensor& a, const Tensor& b) { return (a > 0) | (b > 0); }),
      row({"operator~"}, [](const Tensor& a, const Tensor& b) { return ~(a > b); }),
      row(
          {"operator==", "operator!="},
          [](const Tensor& a, const Tensor& b) { return (a.sign() == 1) & (b.sign() != 1.0); }, "with a number"),
      row(
          {"operator<", "operator<="}, [](const Tensor& a, const Tensor& b) { return (a < 0.5) | (b <= -1); },
          "with a number"),
      row(
          {"operator>", "operator>="}, [](const Tensor& a, const Tensor& b) { return (a > 0.5) | (b >= -1); },
          "with a number"),
  };
  rows[0].refusals = {refuse<ShapeError>("eq: shapes [2] and [3]", [] { (void)(ones({2}) == ones({3})); })};
  rows[10].refusals = {refuse<TypeError>("&: takes bool and integer tensors, got float32",
                                         [] { (void)(ones({2}) & ones({2}, bool_)); })};
  rows[11].refusals = {refuse<TypeError>("|: takes bool and integer tensors, got float64",
                                         [] { (void)(ones({2}, bool_) | ones({2}, float64)); })};
  rows[12].refusals = {refuse<TypeError>("~: takes bool and integer tensors, got float32", [] { (void)~ones({2}); })};
  return rows;
}

Rows closeness() {
  OpRow near;
  near.names = {"isclose"};
  near.inputs = {constant({2, 3}), constant({2, 3})};
  near.call = one([](const Tensors& x) { return isclose(x[0], x[1], 0.5, 0.1); });
  near.empty = {{constant({0, 3}), constant({3})}};
  near.more = {{constant({2, 3}), constant({3})}, {constant({2, 1}), constant({})}};
  near.elementwise = true;
  near.refusals = {
      refuse<TypeError>("isclose: float32 and float64; both tensors must have one dtype",
                        [] { (void)isclose(ones({2}), ones({2}, float64)); }),
      refuse<ShapeError>("isclose: shapes [2] and [3]", [] { (void)isclose(ones({2}), ones({3})); }),
      refuse<ValueError>("isclose: rtol is -1; it must be at least 0", [] { (void)isclose(ones({2}), ones({2}), -1); }),
      refuse<ValueError>("isclose: atol is nan", [] { (void)isclose(ones({2}), ones({2}), 0, NAN); })};
  OpRow all_near;
  all_near.names = {"allclose"};
  all_near.inputs = {constant({2, 3}), constant({2, 3})};
  all_near.call = one([](const Tensors& x) {
    return tensor({allclose(x[0], x[1]), allclose(x[0], x[0] + 1e-9), allclose(x[0], x[1], 0, 10)});
  });
  all_near.empty = {{constant({0, 3}), constant({3})}};
  OpRow same;
  same.names = {"equal"};
  same.inputs = {constant({2, 3}), constant({2, 3})};
  same.call = one([](const Tensors& x) {
    return tensor({equal(x[0], x[1]), equal(x[0], x[0].clone()), equal(x[0], x[0].narrow(1, 0, 1))});
  });
  same.empty = {{constant({0, 3}), constant({0, 3})}};
  same.refusals = {
      refuse<TypeError>("equal: int32 and int64", [] { (void)equal(ones({2}, int32), ones({2}, int64)); })};
  return {near, all_near, same};
}

}  // namespace

Rows pointwise_rows() {
  Rows rows;
  for (Rows (*part)() : {&functions, &arithmetic, &operators, &with_parameters, &choices, &comparisons, &closeness})
    for (OpRow& row : part()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace taper_test
