#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/matmul.h"
#include "taper/ops/shape.h"

namespace taper_test {

using namespace taper;

namespace {

using Product = Tensor (*)(const Tensor&, const Tensor&);

OpRow product(std::string name, Product f, std::string form, Shape a, Shape b, std::string node) {
  OpRow row;
  row.names = {std::move(name)};
  row.form = std::move(form);
  row.inputs = {real(a), real(b)};
  row.call = one([f](const Tensors& x) { return f(x[0], x[1]); });
  row.node = std::move(node);
  row.saves = {0, 1};
  return row;
}

// What every product refuses.
std::vector<Refusal> refusals(const std::string& op, Product f, const Shape& a, const Shape& b) {
  return {refuse<TypeError>(op + ": float32 x float64; both operands need one dtype",
                            [=] { f(ones(a), ones(b, float64)); }),
          refuse<TypeError>(op + ": not defined for bool", [=] { f(ones(a, bool_), ones(b, bool_)); })};
}

void refuse_also(OpRow& row, const std::string& fragment, Product f, const Shape& a, const Shape& b) {
  row.refusals.push_back(refuse<ShapeError>(fragment, [=] { f(ones(a), ones(b)); }));
}

Rows matrices() {
  OpRow matrix = product("mm", &mm, "of two matrices", {2, 3}, {3, 4}, "MmBackward0");
  matrix.empty = {{real({0, 3}), real({3, 2})}, {real({2, 0}), real({0, 3})}, {real({2, 3}), real({3, 0})}};
  matrix.more = {{real({1, 3}), real({3, 1})}, {real({2, 1}), real({1, 2})}};
  matrix.refusals = refusals("mm", &mm, {2, 3}, {3, 2});
  refuse_also(matrix, "mm: (4x3) x (5x2): inner 3 vs 5", &mm, {4, 3}, {5, 2});
  refuse_also(matrix, "mm: (3) x (3x2); takes 2 and 2 dimensions", &mm, {3}, {3, 2});

  OpRow across = product("mm", &mm, "of transposed views", {3, 2}, {4, 3}, "MmBackward0");
  across.call = one([](const Tensors& x) { return mm(x[0].t(), x[1].t()); });

  OpRow batch = product("bmm", &bmm, "", {2, 3, 2}, {2, 2, 3}, "BmmBackward0");
  batch.empty = {{real({0, 2, 3}), real({0, 3, 2})}, {real({2, 2, 0}), real({2, 0, 2})}};
  batch.more = {{real({3, 2, 2}), real({3, 2, 1})}};
  batch.refusals = refusals("bmm", &bmm, {2, 3, 2}, {2, 2, 3});
  refuse_also(batch, "bmm: (2x3x4) x (3x4x2): 2 vs 3 matrices", &bmm, {2, 3, 4}, {3, 4, 2});
  refuse_also(batch, "bmm: (2x3x4) x (2x3x4): inner 4 vs 3", &bmm, {2, 3, 4}, {2, 3, 4});
  refuse_also(batch, "bmm: (3x4) x (4x3); takes 3 and 3 dimensions", &bmm, {3, 4}, {4, 3});

  OpRow vector = product("mv", &mv, "", {2, 3}, {3}, "MvBackward0");
  vector.empty = {{real({0, 3}), real({3})}, {real({2, 0}), real({0})}};
  vector.refusals = refusals("mv", &mv, {2, 3}, {3});
  refuse_also(vector, "mv: (2x3) x (2): inner 3 vs 2", &mv, {2, 3}, {2});

  OpRow scalar = product("dot", &dot, "", {4}, {4}, "DotBackward0");
  scalar.empty = {{real({0}), real({0})}};
  scalar.refusals = refusals("dot", &dot, {3}, {3});
  refuse_also(scalar, "dot: (3) x (4): inner 3 vs 4", &dot, {3}, {4});
  refuse_also(scalar, "dot: (2x3) x (3); takes 1 and 1 dimensions", &dot, {2, 3}, {3});

  OpRow table = product("outer", &outer, "", {3}, {2}, "MulBackward0");
  table.empty = {{real({0}), real({2})}};
  refuse_also(table, "outer: (2x3) x (3); takes 1 and 1 dimensions", &outer, {2, 3}, {3});
  return {matrix, across, batch, vector, scalar, table};
}

Rows matmuls() {
  const auto of = [](std::string form, Shape a, Shape b, std::string node) {
    return product("matmul", &matmul, std::move(form), std::move(a), std::move(b), std::move(node));
  };
  Rows rows{of("of vectors", {3}, {3}, "DotBackward0"),
            of("of matrices", {2, 3}, {3, 2}, "MmBackward0"),
            of("of a matrix and a vector", {2, 3}, {3}, "MvBackward0"),
            of("of a vector and a matrix", {3}, {3, 2}, "SqueezeBackward3"),
            of("of stacks", {2, 2, 3}, {2, 3, 2}, "UnsafeViewBackward0"),
            of("of a stack and a matrix", {2, 2, 3}, {3, 2}, "UnsafeViewBackward0"),
            of("of a matrix and a stack", {2, 3}, {2, 3, 2}, "UnsafeViewBackward0"),
            of("of a stack and a vector", {2, 2, 3}, {3}, "UnsafeViewBackward0"),
            of("of a vector and a stack", {3}, {2, 3, 2}, "UnsafeViewBackward0"),
            of("of stacks that broadcast", {2, 1, 2, 3}, {3, 3, 2}, "UnsafeViewBackward0"),
            of("of a stack repeated", {1, 2, 3}, {2, 3, 2}, "UnsafeViewBackward0")};
  rows[9].saves = {};  // broadcast by a copy
  rows[4].empty = {
      {real({0, 2, 3}), real({3, 2})}, {real({2, 0}), real({2, 0, 3})}, {real({2, 0, 3}), real({1, 3, 2})}};
  rows[4].refusals = refusals("matmul", &matmul, {2, 3}, {3, 2});
  refuse_also(rows[4], "matmul: (4x3) x (5x2): inner 3 vs 5", &matmul, {4, 3}, {5, 2});
  refuse_also(rows[4], "matmul: (2x3) x (2): inner 3 vs 2", &matmul, {2, 3}, {2});
  refuse_also(rows[4], "matmul: (2x2x3) x (3x3x2): stacks of [2] and [3]", &matmul, {2, 2, 3}, {3, 3, 2});
  refuse_also(rows[4], "matmul: () x (3)", &matmul, {}, {3});
  return rows;
}

Rows additions() {
  OpRow plain{.names = {"addmm"},
              .form = "",
              .inputs = {real({2, 4}), real({2, 3}), real({3, 4})},
              .call = one([](const Tensors& x) { return addmm(x[0], x[1], x[2]); }),
              .node = "AddmmBackward0",
              .saves = {1, 2},
              .empty = {{real({0, 4}), real({0, 3}), real({3, 4})}, {real({4}), real({2, 0}), real({0, 4})}},
              .more = {{real({4}), real({2, 3}), real({3, 4})}, {real({}), real({1, 2}), real({2, 1})}}};
  plain.refusals = {refuse<ShapeError>("addmm: an input of shape [3, 1, 1]",
                                       [] {
                                         addmm(ones({3, 1, 1}), ones({2, 3}), ones({3, 4}));
                                       }),
                    refuse<ShapeError>("addmm: (2x3) x (2x3): inner 3 vs 2",
                                       [] {
                                         addmm(ones({3}), ones({2, 3}), ones({2, 3}));
                                       }),
                    refuse<TypeError>("addmm: beta and alpha must be integers",
                                      [] {
                                        addmm(ones({2}, int64), ones({2, 2}, int64), ones({2, 2}, int64), 0.5);
                                      }),
                    refuse<TypeError>("addmm: float64 x float32", [] {
                      addmm(ones({4}, float64), ones({2, 3}), ones({3, 4}));
                    })};
  OpRow scaled = plain;
  scaled.form = "scaled";
  scaled.refusals = {};
  scaled.call = one([](const Tensors& x) { return addmm(x[0], x[1], x[2], 0.5, -1.5); });
  Rows rows{plain, scaled};
  const auto affine = [&rows](std::string form, Shape x, std::string node) {
    rows.push_back({.names = {"linear"},
                    .form = form + " with bias",
                    .inputs = {real(x), real({2, 3}), real({2})},
                    .call = one([](const Tensors& t) { return linear(t[0], t[1], t[2]); }),
                    .node = std::move(node)});
  };
  affine("of a matrix", {4, 3}, "AddmmBackward0");
  affine("of a stack", {2, 2, 3}, "ViewBackward0");
  affine("of a vector", {3}, "AddBackward0");
  affine("of stacks of stacks", {2, 1, 2, 3}, "AddBackward0");
  rows[2].empty = {{real({0, 3}), real({2, 3}), real({2})}, {real({4, 0}), real({2, 0}), real({2})}};
  rows[2].refusals = {
      refuse<ShapeError>(
          "linear: an input of shape [4, 2] for a weight of shape [2, 3]; the input's last size must be 3",
          [] {
            linear(ones({4, 2}), ones({2, 3}));
          }),
      refuse<ShapeError>("linear: a bias of shape [3]",
                         [] {
                           linear(ones({4, 3}), ones({2, 3}), ones({3}));
                         }),
      refuse<ShapeError>("linear: a weight of shape [1, 2, 3]", [] {
        linear(ones({4, 3}), ones({1, 2, 3}));
      })};
  rows.push_back({.names = {"linear"},
                  .form = "without bias",
                  .inputs = {real({4, 3}), real({2, 3})},
                  .call = one([](const Tensors& t) { return linear(t[0], t[1]); }),
                  .node = "MmBackward0",
                  .saves = {0, 1},
                  .more = {{real({3}), real({2, 3})}, {real({2, 2, 3}), real({2, 3})}, {real({2, 3}), real({3})}}});
  return rows;
}

}  // namespace

Rows matmul_rows() {
  Rows rows = matrices();
  for (Rows (*part)() : {&matmuls, &additions})
    for (OpRow& row : part()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace taper_test
