#include <cmath>

#include "ops/table.h"
#include "taper/nn/functional.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

namespace taper_test {

using namespace taper;

namespace {

constexpr double kInfinity = INFINITY;

using Whole = Tensor (*)(const Tensor&);
using Along = Tensor (*)(const Tensor&, std::int64_t, bool);
using Over = Tensor (*)(const Tensor&, const Shape&, bool);

// The forms that most reductions share. Backward reads what `saves` and `saves_result` say.
OpRow whole(std::string name, Whole f, std::string node) {
  OpRow row;
  row.names = {std::move(name)};
  row.form = "of all";
  row.inputs = {real({2, 3})};
  row.call = one([f](const Tensors& x) { return f(x[0]); });
  row.node = std::move(node);
  row.empty = {{real({0, 3})}};
  row.more = {{real({})}, {real({1})}};
  return row;
}

OpRow along(std::string name, Along f, std::string node) {
  const std::string op = name;
  OpRow row;
  row.names = {std::move(name)};
  row.form = "along a dimension";
  row.inputs = {real({2, 3, 2})};
  row.call = one([f](const Tensors& x) { return f(x[0], x[0].dim() > 1 ? 1 : -1, x[0].dim() == 2); });
  row.node = std::move(node);
  row.empty = {{real({2, 3, 0})}, {real({2, 0, 2})}};
  row.more = {{real({2, 3})}, {real({4})}, {real({})}};
  row.refusals = {refuse<IndexError>(op + ": dimension 2",
                                     [f] {
                                       f(ones({2, 3}), 2, false);
                                     }),
                  refuse<IndexError>(op + ": dimension -3", [f] {
                    f(ones({2, 3}), -3, false);
                  })};
  return row;
}

OpRow over(std::string name, Over f, std::string node) {
  const std::string op = name;
  OpRow row;
  row.names = {std::move(name)};
  row.form = "over several dimensions";
  row.inputs = {real({2, 3, 2})};
  row.call = one([f](const Tensors& x) { return f(x[0], {0, -1}, x[0].size(0) == 1); });
  row.node = std::move(node);
  row.empty = {{real({2, 0, 2})}};
  row.more = {{real({1, 2, 2})}, {real({2, 3})}};
  row.refusals = {refuse<ValueError>(op + ": dimension 1 stands twice in [1, -1]",
                                     [f] {
                                       f(ones({2, 3}), {1, -1}, false);
                                     }),
                  refuse<IndexError>(op + ": dimension 5", [f] {
                    f(ones({2, 3}), {5}, false);
                  })};
  return row;
}

OpRow saving(OpRow row) {
  row.saves = {0};
  return row;
}

OpRow fractions(OpRow row, std::function<void(const Tensor&)> call) {
  row.refusals.push_back(refuse<TypeError>(row.names[0] + ": takes floating-point tensors, got int64", [call] {
    call(ones({2, 3}, int64));
  }));
  return row;
}

// The first result of an operation that gives values and positions.
std::function<Tensors(const Tensors&)> pair(std::function<ValuesIndices(const Tensor&)> f) {
  return [f](const Tensors& x) {
    auto [values, indices] = f(x[0]);
    return Tensors{values, indices};
  };
}

Rows sums() {
  const auto mean_of = [](const Tensor& x) { mean(x); };
  return {
      whole("sum", &sum, "SumBackward0"),
      along("sum", &sum, "SumBackward1"),
      over("sum", &sum, "SumBackward1"),
      fractions(whole("mean", &mean, "MeanBackward0"), mean_of),
      fractions(along("mean", &mean, "MeanBackward1"), mean_of),
      fractions(over("mean", &mean, "MeanBackward1"), mean_of),
  };
}

Rows products() {
  Rows rows{saving(whole("prod", &prod, "ProdBackward0")), saving(along("prod", &prod, "ProdBackward1"))};
  for (OpRow& row : rows) row.saves_result = true;
  // Products with one zero, and with several in a line of odd length.
  const auto zeroed = [](const Tensors& x) {
    const Tensor keep = tensor({1, 0, 1, 1, 0, 1, 1, 1, 1, 1}, float64).reshape({2, 5});
    return x[0] * keep;
  };
  rows.push_back({.names = {"prod"},
                  .form = "with zeros along a dimension",
                  .inputs = {real({2, 5})},
                  .call = one([zeroed](const Tensors& x) { return prod(zeroed(x), 1); })});
  rows.push_back({.names = {"prod"},
                  .form = "of all with zeros",
                  .inputs = {real({2, 5})},
                  .call = one([zeroed](const Tensors& x) { return prod(zeroed(x)); })});
  rows.push_back({.names = {"prod"},
                  .form = "across rows with a zero",
                  .inputs = {real({3, 2}), given(tensor({{1.0, 1.0}, {0.0, 1.0}, {1.0, 1.0}}, float64))},
                  .call = one([](const Tensors& x) { return prod(x[0] * x[1], 0, true); })});
  OpRow running = saving(along(
      "cumsum", [](const Tensor& x, std::int64_t dim, bool) { return cumsum(x, dim); }, "CumsumBackward0"));
  running.saves.clear();
  rows.push_back(std::move(running));
  return rows;
}

Rows spreads() {
  Rows rows;
  const auto add = [&rows](OpRow row) { rows.push_back(std::move(row)); };
  const auto var_of = [](const Tensor& x) { var(x); };
  const auto std_of = [](const Tensor& x) { taper::std(x); };
  add(fractions(saving(whole(
                    "var", [](const Tensor& x) { return var(x); }, "VarBackward0")),
                var_of));
  add(saving(whole(
      "var", [](const Tensor& x) { return var(x, false); }, "VarBackward0")));
  rows.back().form = "of all, biased";
  add(saving(along(
      "var", [](const Tensor& x, std::int64_t d, bool keep) { return var(x, d, true, keep); }, "VarBackward0")));
  add(saving(over(
      "var", [](const Tensor& x, const Shape& d, bool keep) { return var(x, d, false, keep); }, "VarBackward0")));
  add(fractions(saving(whole(
                    "std", [](const Tensor& x) { return taper::std(x); }, "StdBackward0")),
                std_of));
  add(saving(along(
      "std", [](const Tensor& x, std::int64_t d, bool keep) { return taper::std(x, d, true, keep); }, "StdBackward0")));
  add(saving(over(
      "std", [](const Tensor& x, const Shape& d, bool keep) { return taper::std(x, d, false, keep); },
      "StdBackward0")));
  // One number has no spread: unbiased it is NaN, biased 0, whose root has no slope.
  for (OpRow& row : rows) row.more = {{real({3, 2})}, {real({4, 2, 3})}};
  for (const double p : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, kInfinity, -kInfinity}) {
    add(saving(whole("norm", nullptr, "NormBackward1")));
    rows.back().form = "of all, p = " + std::to_string(p);
    rows.back().call = one([p](const Tensors& x) { return norm(x[0], p); });
    if (std::isinf(p)) rows.back().empty = {};
    add(saving(along("norm", nullptr, "NormBackward1")));
    rows.back().form = "along a dimension, p = " + std::to_string(p);
    rows.back().call = one([p](const Tensors& x) { return norm(x[0], p, x[0].dim() > 1 ? 1 : -1, x[0].dim() == 2); });
    rows.back().refusals = {refuse<IndexError>("norm: dimension 3", [p] { norm(ones({2, 3}), p, 3); })};
    if (std::isinf(p)) rows.back().empty = {{real({2, 3, 0})}};
  }
  rows.back().refusals.push_back(refuse<TypeError>("norm: takes floating-point", [] { norm(ones({2}, int64)); }));
  rows.back().refusals.push_back(refuse<ValueError>("norm: p = inf of no elements in shape [0, 2]", [] {
    norm(ones({0, 2}), kInfinity);
  }));
  rows.back().refusals.push_back(refuse<ValueError>("norm: p is NaN", [] { norm(ones({2}), NAN); }));
  for (const double p : {1.0, 2.0, 3.0}) {
    add({.names = {"normalize"},
         .form = "p = " + std::to_string(p),
         .inputs = {real({2, 3})},
         .call = one([p](const Tensors& x) { return F::normalize(x[0], p, -1); }),
         .node = "DivBackward0",
         .empty = {{real({0, 3})}, {real({2, 0})}}});
    rows.back().more = {{real({3})}, {real({4, 2, 3})}};
  }
  rows.back().refusals = {refuse<IndexError>("normalize: dimension 1", [] { (void)F::normalize(ones({2})); }),
                          refuse<TypeError>("normalize: takes floating-point",
                                            [] {
                                              (void)F::normalize(ones({2, 2}, int64));
                                            }),
                          refuse<ValueError>("normalize: p is NaN", [] {
                            (void)F::normalize(ones({2, 2}), NAN);
                          })};
  return rows;
}

// One of max and min in its four forms, and its positions.
Rows extremes(const std::string& name, const std::string& node, Whole f,
              ValuesIndices (*along_f)(const Tensor&, std::int64_t, bool), Over over_f,
              Tensor (*position)(const Tensor&), Along position_along) {
  Rows rows{saving(whole(name, f, node + "Backward1")), along(name, nullptr, node + "Backward0"),
            saving(over("a" + name, over_f, ""))};
  rows[0].saves_result = rows[2].saves_result = true;
  rows[0].empty = {};
  rows[0].refusals = {refuse<ValueError>(name + ": a tensor of shape [0, 3] has no elements", [f] {
    f(ones({0, 3}));
  })};
  rows[1].call = pair([along_f](const Tensor& x) { return along_f(x, x.dim() > 1 ? 1 : -1, x.dim() == 2); });
  rows[1].empty = {{real({2, 3, 0})}};
  rows[1].refusals = {refuse<IndexError>(name + ": a dimension of size 0 in shape [0, 3]",
                                         [along_f] {
                                           along_f(ones({0, 3}), 0, false);
                                         }),
                      refuse<IndexError>(name + ": dimension 2", [along_f] {
                        along_f(ones({2, 3}), 2, false);
                      })};
  rows[2].empty = {{real({2, 0, 2})}};
  rows[2].refusals.push_back(refuse<IndexError>("a" + name + ": a dimension of size 0", [over_f] {
    over_f(ones({0, 3}), {0}, false);
  }));
  rows.push_back({.names = {"arg" + name},
                  .form = "of all",
                  .inputs = {constant({2, 3})},
                  .call = one([position](const Tensors& x) { return position(x[0]); }),
                  .refusals = {refuse<ValueError>("arg" + name + ": a tensor of shape [0]",
                                                  [position] { position(ones({0})); })}});
  rows.push_back({.names = {"arg" + name},
                  .form = "along a dimension",
                  .inputs = {constant({2, 3})},
                  .call = one([position_along](const Tensors& x) { return position_along(x[0], 0, true); }),
                  .empty = {{constant({2, 0})}},
                  .refusals = {refuse<IndexError>("arg" + name + ": a dimension of size 0", [position_along] {
                    position_along(ones({2, 0}), 1, false);
                  })}});
  return rows;
}

Rows choices() {
  Rows rows = extremes("max", "Max", &max, &max, &amax, &argmax, &argmax);
  for (OpRow& row : extremes("min", "Min", &min, &min, &amin, &argmin, &argmin)) rows.push_back(std::move(row));
  rows[2].node = "AmaxBackward0";
  rows[7].node = "AminBackward0";
  const Tensor some = tensor({{0, 1, 0}, {0, 0, 0}}, bool_);
  for (const auto& [name, f, g] : {std::tuple<const char*, Whole, Along>{"any", &any, &any}, {"all", &all, &all}}) {
    rows.push_back({.names = {name},
                    .form = "of all",
                    .inputs = {given(some)},
                    .call = one([f = f](const Tensors& x) { return f(x[0]); }),
                    .empty = {{constant({0})}}});
    rows.push_back({.names = {name},
                    .form = "along a dimension",
                    .inputs = {given(some)},
                    .call = one([g = g](const Tensors& x) { return g(x[0], 1, false); }),
                    .empty = {{constant({3, 0})}},
                    .refusals = {refuse<IndexError>(std::string(name) + ": dimension 2", [g = g] {
                      g(ones({2, 2}), 2, false);
                    })}});
  }
  return rows;
}

Rows orders() {
  Rows rows;
  for (const bool flag : {true, false}) {
    OpRow sorted = along("sort", nullptr, "SortBackward0");
    sorted.form = flag ? "descending" : "ascending";
    sorted.call = pair([flag](const Tensor& x) { return sort(x, x.dim() > 1 ? 1 : -1, flag); });
    sorted.refusals = {refuse<IndexError>("sort: dimension 2", [] { sort(ones({2, 3}), 2); })};
    rows.push_back(std::move(sorted));
    OpRow top = along("topk", nullptr, "TopkBackward0");
    top.form = flag ? "largest" : "smallest";
    top.call = pair([flag](const Tensor& x) { return topk(x, x.dim() == 0 ? 1 : 2, x.dim() > 1 ? 1 : -1, flag); });
    top.empty = {{real({0, 3})}};
    top.refusals = {refuse<ValueError>("topk: k = 4 along dimension 1 of shape [2, 3]",
                                       [] {
                                         topk(ones({2, 3}), 4);
                                       }),
                    refuse<ValueError>("topk: k = -1",
                                       [] {
                                         topk(ones({2, 3}), -1);
                                       }),
                    refuse<IndexError>("topk: dimension 2", [] {
                      topk(ones({2, 3}), 1, 2);
                    })};
    rows.push_back(std::move(top));
  }
  return rows;
}

Rows exponentials() {
  OpRow soft = along(
      "softmax", [](const Tensor& x, std::int64_t dim, bool) { return softmax(x, dim); }, "SoftmaxBackward0");
  OpRow logs = along(
      "log_softmax", [](const Tensor& x, std::int64_t dim, bool) { return log_softmax(x, dim); },
      "LogSoftmaxBackward0");
  OpRow lse = saving(along("logsumexp", &logsumexp, "LogsumexpBackward0"));
  soft.saves_result = logs.saves_result = lse.saves_result = true;
  return {fractions(std::move(soft), [](const Tensor& x) { softmax(x, 0); }),
          fractions(std::move(logs), [](const Tensor& x) { log_softmax(x, 0); }), std::move(lse)};
}

}  // namespace

Rows reduce_rows() {
  Rows rows;
  for (Rows (*part)() : {&sums, &products, &spreads, &choices, &orders, &exponentials})
    for (OpRow& row : part()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace taper_test
