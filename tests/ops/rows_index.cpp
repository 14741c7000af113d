#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"

namespace taper_test {

using namespace taper;

namespace {

Tensor numbers(const Shape& shape) { return arange(numel(shape), {.dtype = float64}).reshape(shape); }

OpRow index_row(std::string form, const Shape& shape, std::vector<Index> indices) {
  return {.names = {"index"},
          .form = std::move(form),
          .inputs = {real(shape)},
          .call = one([indices](const Tensors& x) { return index(x[0], indices); }),
          .node = "IndexBackward0"};
}

OpRow tensor_row(std::string form, const Shape& shape, const Tensor& at) {
  return {.names = {"index"},
          .form = std::move(form),
          .inputs = {real(shape), given(at)},
          .call = one([](const Tensors& x) { return x[0][x[1]]; }),
          .node = "IndexBackward0"};
}

Rows python_rows() {
  const Tensor mask = tensor({{true, false, true}, {false, false, true}});
  Rows rows{
      index_row("by tensors that broadcast", {3, 4, 2}, {tensor({{0}, {2}}), tensor({1, -1, 1})}),
      index_row("by tensors apart from each other", {3, 2, 4}, {tensor({0, 2, 0}), Slice(), tensor({-1, 1, 1})}),
      index_row("by a tensor behind a slice", {2, 3, 2}, {Slice(), tensor({0, 0, 2}, int32)}),
      index_row("by an integer, None and a tensor", {2, 3, 2}, {1, None, Ellipsis, tensor({1, 1})}),
      index_row("by a mask and a slice", {2, 3, 2}, {mask, Slice(1, {})}),
      index_row("by a mask and a tensor", {2, 3, 4}, {mask, tensor({0, 3, 3})}),
      tensor_row("by rows", {4, 3}, tensor({{0, 2}, {-1, 0}})),
      tensor_row("by rows in int32", {4, 3}, tensor({3, 1, 1}, int32)),
      tensor_row("by a mask", {2, 3}, mask),
  };
  rows[6].empty = {{real({4, 0}), given(tensor({1, 2}))},
                   {real({4, 3}), given(zeros({0, 2}, int64))},
                   {real({0, 3}), given(zeros({0}, int64))}};
  rows[8].empty = {{real({2, 3}), given(zeros({2, 3}, bool_))}, {real({0, 3}), given(zeros({0, 3}, bool_))}};
  OpRow views = index_row("by integers and slices", {3, 4, 5}, {-1, Ellipsis, None, Slice({}, {}, 2)});
  views.node = "SliceBackward0";
  views.refusals = {
      refuse<IndexError>("index: index 4 at position [1, 0] is outside [-4, 4)",
                         [] {
                           (void)numbers({4})[tensor({{0}, {4}})];
                         }),
      refuse<IndexError>("select: index 4 is outside [-4, 4)", [] { (void)numbers({4})[4]; }),
      refuse<IndexError>("index: indices for 2 dimensions; the tensor has 1",
                         [] {
                           (void)index(numbers({4}), {0, 0});
                         }),
      refuse<IndexError>("index: 2 ellipses",
                         [] {
                           (void)index(numbers({4}), {Ellipsis, Ellipsis});
                         }),
      refuse<TypeError>("index: indices must be int32 or int64, got float32",
                        [] { (void)numbers({4})[tensor({0.5})]; }),
      refuse<ShapeError>("index: a mask of shape [3] at dimension 0",
                         [] {
                           (void)numbers({4})[tensor({true, true, false})];
                         }),
      refuse<ShapeError>("[2]",
                         [] {
                           (void)index(numbers({4, 4}), {tensor({0, 1}), tensor({0, 1, 2})});
                         }),
  };
  rows.push_back(std::move(views));
  return rows;
}

Rows along_rows() {
  const Tensor at = tensor({2, 0, 2});
  return {
      {.names = {"index_select"},
       .form = "",
       .inputs = {real({2, 3, 2}), given(at)},
       .call = one([](const Tensors& x) { return index_select(x[0], 1, x[1]); }),
       .node = "IndexSelectBackward0",
       .empty = {{real({0, 3}), given(at)}, {real({2, 3}), given(zeros({0}, int64))}},
       .more = {{real({2, 3}), given(tensor(1))}, {real({2, 3}), given(at.to(int32))}},
       .refusals = {refuse<IndexError>("index_select: index -1 at position [1] is outside [0, 3)",
                                       [] {
                                         (void)index_select(numbers({3}), 0, tensor({0, -1}));
                                       }),
                    refuse<ShapeError>("index_select: index has shape [1, 1]",
                                       [] { (void)index_select(numbers({3}), 0, tensor({{0}})); }),
                    refuse<TypeError>("got bool", [] { (void)index_select(numbers({3}), 0, tensor({true})); })}},
      {.names = {"index_select"},
       .form = "of a number",
       .inputs = {real({}), given(tensor({0}))},
       .call = one([](const Tensors& x) { return index_select(x[0], 0, x[1]); })},
      {.names = {"index_add"},
       .form = "",
       .inputs = {real({2, 3}), given(at), real({2, 3})},
       .call = one([](const Tensors& x) { return index_add(x[0], 1, x[1], x[2], -0.5); }),
       .node = "IndexAddBackward0",
       .empty = {{real({0, 3}), given(at), real({0, 3})}, {real({2, 3}), given(zeros({0}, int64)), real({2, 0})}},
       .refusals = {refuse<ShapeError>("index_add: a source of shape [2] where [1] is needed",
                                       [] { (void)index_add(numbers({3}), 0, tensor({0}), numbers({2})); }),
                    refuse<TypeError>("index_add: a source of int64 for a tensor of float64",
                                      [] { (void)index_add(numbers({3}), 0, tensor({0}), tensor({1})); }),
                    refuse<TypeError>("index_add: alpha 0.5",
                                      [] { (void)index_add(tensor({1}), 0, tensor({0}), tensor({1}), 0.5); }),
                    refuse<IndexError>("index_add: index 3 at position [0] is outside [0, 3)",
                                       [] { (void)index_add(numbers({3}), 0, tensor({3}), numbers({1})); })}},
  };
}

Rows line_rows() {
  const Tensor at = tensor({{2, 0}, {1, 1}});  // smaller than the tensors that it is used on
  return {
      {.names = {"gather"},
       .form = "",
       .inputs = {real({3, 3}), given(at)},
       .call = one([](const Tensors& x) { return gather(x[0], 0, x[1]); }),
       .node = "GatherBackward0",
       .empty = {{real({3, 3}), given(zeros({0, 2}, int64))}, {real({0, 2}), given(zeros({0, 2}, int64))}},
       .more = {{real({3, 2}), given(at.to(int32))}, {real({}), given(tensor(0))}},
       .refusals = {refuse<IndexError>("gather: index 3 at position [0, 1] is outside [0, 3)",
                                       [] {
                                         (void)gather(numbers({3, 3}), 1, tensor({{0, 3}}));
                                       }),
                    refuse<ShapeError>("gather: an index of shape [4, 1] for a tensor of shape [3, 3]",
                                       [] {
                                         (void)gather(numbers({3, 3}), 1, zeros({4, 1}, int64));
                                       })}},
      {.names = {"scatter"},
       .form = "of a tensor",
       .inputs = {real({3, 3}), given(tensor({{2, 0}, {1, 2}})), real({2, 3})},
       .call = one([](const Tensors& x) { return scatter(x[0], -1, x[1], x[2]); }),
       .node = "ScatterBackward0",
       .empty = {{real({3, 3}), given(zeros({0, 2}, int64)), real({2, 2})}},
       .more = {{real({3}), given(tensor({1, 0})), real({2})}, {real({}), given(tensor(0)), real({})}},
       .refusals = {refuse<ShapeError>("scatter: a source of shape [1, 1] for an index of shape [1, 2]",
                                       [] {
                                         (void)scatter(numbers({3, 3}), 1, tensor({{0, 1}}), ones({1, 1}, float64));
                                       }),
                    refuse<TypeError>("scatter: a source of float32 for a tensor of float64",
                                      [] { (void)scatter(numbers({3}), 0, tensor({0}), ones({1})); })}},
      {.names = {"scatter"},
       .form = "of a number",
       .inputs = {real({3, 3}), given(at)},
       .call = one([](const Tensors& x) { return scatter(x[0], 1, x[1], 2.5); }),
       .node = "ScatterBackward1",
       .empty = {{real({3, 3}), given(zeros({0, 2}, int64))}},
       .refusals = {refuse<TypeError>("scatter: the value 0.5",
                                      [] { (void)scatter(tensor({1}), 0, tensor({0}), 0.5); })}},
      {.names = {"scatter_add"},
       .form = "",
       .inputs = {real({3, 3}), given(at), real({2, 3})},
       .call = one([](const Tensors& x) { return scatter_add(x[0], 0, x[1], x[2]); }),
       .node = "ScatterAddBackward0",
       .empty = {{real({3, 3}), given(zeros({2, 0}, int64)), real({2, 2})}},
       .more = {{real({3}), given(tensor({1, 1, 0, 1})), real({4})}},
       .refusals = {refuse<TypeError>("scatter_add: not defined for bool",
                                      [] { (void)scatter_add(tensor({true}), 0, tensor({0}), tensor({true})); })}},
  };
}

Rows position_rows() {
  return {
      {.names = {"one_hot"},
       .form = "",
       .inputs = {given(tensor({{0, 2}, {1, 2}}))},
       .call = one([](const Tensors& x) { return one_hot(x[0], 4); }),
       .empty = {{given(zeros({0, 2}, int64))}},
       .refusals = {refuse<IndexError>("one_hot: index 4 at position [1] is outside [0, 4)",
                                       [] {
                                         (void)one_hot(tensor({0, 4}), 4);
                                       }),
                    refuse<IndexError>("one_hot: index -1", [] { (void)one_hot(tensor({-1})); }),
                    refuse<ValueError>("one_hot: no indices", [] { (void)one_hot(zeros({0}, int64)); }),
                    refuse<TypeError>("got float32", [] { (void)one_hot(tensor({1.5})); })}},
      {.names = {"nonzero"},
       .form = "",
       .inputs = {given(tensor({{0.0, 2.0}, {-1.0, 0.0}}))},
       .call = one([](const Tensors& x) { return nonzero(x[0]); }),
       .empty = {{given(zeros({0, 2}))}}},
      {.names = {"masked_select"},
       .form = "",
       .inputs = {real({2, 3}), given(tensor({{true, false, true}}))},
       .call = one([](const Tensors& x) { return masked_select(x[0], x[1]); }),
       .node = "MaskedSelectBackward0",
       .empty = {{real({0, 3}), given(tensor({{true, false, true}}))}},
       .more = {{real({3}), given(tensor({{true, false, true}, {true, true, false}}))}},
       .refusals = {refuse<TypeError>("masked_select: the mask must be bool, got int64",
                                      [] {
                                        (void)masked_select(numbers({2}), tensor({0, 1}));
                                      }),
                    refuse<ShapeError>("masked_select: ",
                                       [] {
                                         (void)masked_select(numbers({2}), tensor({true, false, true}));
                                       })}},
  };
}

}  // namespace

Rows index_rows() {
  Rows rows = python_rows();
  for (const Rows& more : {along_rows(), line_rows(), position_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace taper_test
