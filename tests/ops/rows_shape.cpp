#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/shape.h"

namespace taper_test {

using namespace taper;

namespace {

OpRow view_row(std::string name, std::string form, std::function<Tensor(const Tensor&)> f, std::string node) {
  OpRow row;
  row.names = {std::move(name)};
  row.form = std::move(form);
  row.inputs = {real({2, 3})};
  row.call = one([f](const Tensors& x) { return f(x[0]); });
  row.node = std::move(node);
  row.empty = {{real({0, 3})}};
  return row;
}

OpRow refusing(OpRow row, std::vector<Refusal> refusals) {
  row.refusals = std::move(refusals);
  return row;
}

OpRow on(OpRow row, std::vector<Input> inputs, std::vector<std::vector<Input>> more,
         std::vector<std::vector<Input>> empty) {
  row.inputs = std::move(inputs);
  row.more = std::move(more);
  row.empty = std::move(empty);
  return row;
}

const Tensor& six() {
  static const Tensor x = ones({2, 3});
  return x;
}

Rows geometry() {
  // The strides of a test may make a view impossible: contiguous() stands before.
  return {
      on(refusing(view_row(
                      "view", "",
                      [](const Tensor& x) {
                        return x.contiguous().view({-1, 3});
                      },
                      "ViewBackward0"),
                  {refuse<ShapeError>("view: shape [4, 2] does not hold the 6 elements",
                                      [] {
                                        (void)view(six(), {4, 2});
                                      }),
                   refuse<ShapeError>("use reshape", [] { (void)view(six().t(), {6}); }),
                   refuse<ShapeError>("one size at most may be -1",
                                      [] {
                                        (void)view(six(), {-1, -1});
                                      })}),
         {real({2, 3})}, {{real({3})}, {real({3, 2, 2})}}, {{real({0, 3})}}),
      refusing(view_row(
                   "reshape", "",
                   [](const Tensor& x) {
                     return reshape(x, {3, x.numel() / 3});
                   },
                   "ReshapeAliasBackward0"),
               {refuse<ShapeError>("reshape: shape [5] does not hold", [] { (void)reshape(six(), {5}); })}),
      view_row(
          "reshape", "that copies", [](const Tensor& x) { return reshape(x.t(), {x.numel()}); }, "UnsafeViewBackward0"),
      on(refusing(view_row(
                      "transpose", "", [](const Tensor& x) { return transpose(x, 0, -1); }, "TransposeBackward0"),
                  {refuse<IndexError>("transpose: ", [] { (void)transpose(six(), 0, 2); })}),
         {real({2, 3})}, {{real({2, 3, 4})}, {real({})}}, {{real({0, 3})}}),
      on(refusing(view_row(
                      "permute", "",
                      [](const Tensor& x) {
                        return permute(x, {2, 0, -2});
                      },
                      "PermuteBackward0"),
                  {refuse<ValueError>("permute: dimension 0 stands twice in [0, 0]",
                                      [] {
                                        (void)permute(six(), {0, 0});
                                      }),
                   refuse<ValueError>("permute: [0] names 1 dimensions", [] { (void)permute(six(), {0}); })}),
         {real({2, 3, 2})}, {}, {{real({2, 0, 2})}}),
      on(refusing(view_row(
                      "t", "", [](const Tensor& x) { return t(x); }, "TBackward0"),
                  {refuse<ShapeError>("t: shape [1, 2, 3] has 3 dimensions", [] { (void)t(six().unsqueeze(0)); })}),
         {real({2, 3})}, {{real({3})}, {real({})}}, {{real({0, 3})}}),
      on(view_row(
             "squeeze", "of all", [](const Tensor& x) { return squeeze(x); }, "SqueezeBackward0"),
         {real({1, 3, 1})}, {{real({2, 3})}, {real({1})}}, {{real({1, 0})}}),
      on(refusing(
             view_row(
                 "squeeze", "of one dimension", [](const Tensor& x) { return squeeze(x, -1); }, "SqueezeBackward1"),
             {refuse<IndexError>("squeeze: ", [] { (void)squeeze(six(), 2); })}),
         {real({1, 3, 1})}, {{real({2, 3})}, {real({})}}, {{real({0, 1})}}),
      on(refusing(view_row(
                      "unsqueeze", "", [](const Tensor& x) { return unsqueeze(x, -2); }, "UnsqueezeBackward0"),
                  {refuse<IndexError>("unsqueeze: ", [] { (void)unsqueeze(six(), 3); })}),
         {real({2, 3})}, {{real({3})}}, {{real({0, 3})}}),
      on(refusing(view_row(
                      "expand", "",
                      [](const Tensor& x) {
                        return expand(x, {2, 4, -1});
                      },
                      "ExpandBackward0"),
                  {refuse<ShapeError>("expand: shape [2, 3] does not stretch to [4, 3]",
                                      [] {
                                        (void)expand(six(), {4, 3});
                                      }),
                   refuse<ShapeError>("more dimensions", [] { (void)expand(six(), {3}); })}),
         {real({4, 1})}, {{real({1, 3})}, {real({2, 1, 2})}}, {{real({1, 0})}}),
      on(refusing(
             view_row(
                 "flatten", "", [](const Tensor& x) { return flatten(x, 0, 1); }, "ReshapeAliasBackward0"),
             {refuse<ValueError>("flatten: start_dim 1 comes after end_dim 0", [] { (void)flatten(six(), 1, 0); })}),
         {real({2, 3, 2})}, {{real({3, 2})}}, {{real({0, 3})}}),
      on(refusing(view_row(
                      "narrow", "", [](const Tensor& x) { return narrow(x, 1, -2, 1); }, "SliceBackward0"),
                  {refuse<IndexError>("narrow: 2 entries from 2 on do not lie in dimension 1 of size 3",
                                      [] { (void)narrow(six(), 1, 2, 2); })}),
         {real({2, 3})}, {}, {{real({0, 3})}}),
      on(refusing(view_row(
                      "select", "", [](const Tensor& x) { return select(x, 1, -1); }, "SelectBackward0"),
                  {refuse<IndexError>("select: index 3 is outside [-3, 3) of dimension 1",
                                      [] { (void)select(six(), 1, 3); }),
                   refuse<IndexError>("0-d", [] { (void)select(tensor(1.0), 0, 0); })}),
         {real({2, 3})}, {}, {{real({0, 3})}}),
      on(refusing(view_row(
                      "slice", "", [](const Tensor& x) { return slice(x, -1, 1, {}, 2); }, "SliceBackward0"),
                  {refuse<ValueError>("slice: step 0; at least 1", [] { (void)slice(six(), 0, 0, 2, 0); })}),
         {real({2, 5})}, {{real({3})}, {real({2, 1})}}, {{real({0, 3})}}),
  };
}

OpRow pieces_row(std::string name, std::string form, std::function<Tensors(const Tensor&)> f, std::string node) {
  OpRow row = view_row(std::move(name), std::move(form), {}, std::move(node));
  row.call = [f](const Tensors& x) { return f(x[0]); };
  return row;
}

Rows apart() {
  return {
      on(refusing(pieces_row(
                      "split", "into equal pieces", [](const Tensor& x) { return split(x, 2, 1); }, "SplitBackward0"),
                  {refuse<ValueError>("split: pieces of size 0; at least 1", [] { (void)split(six(), 0); }),
                   refuse<ShapeError>("split: a 0-d tensor", [] { (void)split(tensor(1.0), 1); })}),
         {real({2, 5})}, {{real({3, 2, 2})}}, {{real({0, 3})}, {real({2, 0})}}),
      on(refusing(pieces_row(
                      "split", "into named sizes",
                      [](const Tensor& x) {
                        return split(x, Shape{1, 0, 2}, -1);
                      },
                      "SplitWithSizesBackward0"),
                  {refuse<ShapeError>("split: sizes [1, 1] add up to 2, dimension 1 has 3",
                                      [] {
                                        (void)split(six(), Shape{1, 1}, 1);
                                      }),
                   refuse<ValueError>("split: size -1",
                                      [] {
                                        (void)split(six(), Shape{-1, 4}, 1);
                                      })}),
         {real({2, 3})}, {{real({3})}}, {{real({0, 3})}}),
      on(refusing(pieces_row(
                      "chunk", "", [](const Tensor& x) { return chunk(x, 3, 0); }, "SplitBackward0"),
                  {refuse<ValueError>("chunk: 0 chunks; at least 1", [] { (void)chunk(six(), 0); })}),
         {real({5, 2})}, {{real({2})}}, {{real({0, 3})}, {real({3, 0})}}),
      on(refusing(pieces_row(
                      "unbind", "", [](const Tensor& x) { return unbind(x, 1); }, "UnbindBackward0"),
                  {refuse<ShapeError>("unbind: a 0-d tensor", [] { (void)unbind(tensor(1.0)); }),
                   refuse<IndexError>("unbind: ", [] { (void)unbind(six(), 2); })}),
         {real({2, 3})}, {{real({3, 2, 2})}}, {{real({0, 3})}}),
  };
}

Rows together() {
  return {
      {.names = {"cat"},
       .form = "",
       .inputs = {real({2, 3}), real({2, 1}), real({2, 2})},
       .call = one([](const Tensors& x) { return cat(x, -1); }),
       .node = "CatBackward0",
       .empty = {{real({0, 3}), real({0, 1})}, {real({2, 0}), real({2, 3})}, {real({0}), real({2, 2})}},
       .more = {{real({3})}, {real({2}), real({3})}},
       .refusals = {refuse<ValueError>("cat: no tensors", [] { (void)cat({}); }),
                    refuse<ShapeError>("cat: tensor 1 has shape [2, 2] and the first [2, 3]",
                                       [] {
                                         (void)cat({six(), ones({2, 2})});
                                       }),
                    refuse<ShapeError>("cat: tensor 0 is 0-d; use stack", [] { (void)cat({tensor(1.0)}); }),
                    refuse<IndexError>("cat: ", [] { (void)cat({six()}, 2); })}},
      {.names = {"stack"},
       .form = "",
       .inputs = {real({2, 3}), real({2, 3})},
       .call = one([](const Tensors& x) { return stack(x, 1); }),
       .node = "StackBackward0",
       .empty = {{real({0, 3}), real({0, 3})}},
       .more = {{real({3})}},
       .refusals = {refuse<ValueError>("stack: no tensors", [] { (void)stack({}); }),
                    refuse<ShapeError>("stack: tensor 1 has shape [3] and the first [2, 3]",
                                       [] {
                                         (void)stack({six(), ones({3})});
                                       })}},
      on(refusing(view_row(
                      "flip", "",
                      [](const Tensor& x) {
                        return flip(x, {0, -1});
                      },
                      "FlipBackward0"),
                  {refuse<ValueError>("flip: dimension 1 stands twice in [1, -1]",
                                      [] {
                                        (void)flip(six(), {1, -1});
                                      }),
                   refuse<IndexError>("flip: ", [] { (void)flip(six(), {2}); })}),
         {real({2, 3})}, {{real({2, 2, 2})}, {real({})}}, {{real({0, 3})}}),
      on(refusing(
             view_row(
                 "repeat", "",
                 [](const Tensor& x) {
                   return repeat(x, {3, 1, 2});
                 },
                 "RepeatBackward0"),
             {refuse<ShapeError>("repeat: [2] has fewer entries than shape [2, 3]", [] { (void)repeat(six(), {2}); }),
              refuse<ValueError>("repeat: -1 times",
                                 [] {
                                   (void)repeat(six(), {1, -1});
                                 })}),
         {real({2, 3})}, {{real({3})}, {real({})}}, {{real({0, 3})}}),
      on(view_row(
             "repeat", "zero times",
             [](const Tensor& x) {
               return repeat(x, {0, 2});
             },
             "RepeatBackward0"),
         {real({2, 3})}, {}, {}),
  };
}

}  // namespace

Rows shape_rows() {
  Rows rows = geometry();
  for (const Rows& more : {apart(), together()}) rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace taper_test
