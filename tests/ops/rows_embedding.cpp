#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/embedding.h"
#include "taper/ops/embedding_bag.h"

namespace taper_test {

using namespace taper;

namespace {

OpRow embedding_row(std::string form, EmbeddingOptions options) {
  return {.names = {"embedding"},
          .form = std::move(form),
          .inputs = {given(tensor({{0, 2, 3}, {2, 2, 1}})), real({4, 3})},
          .call = one([options](const Tensors& x) { return embedding(x[0], x[1], options); }),
          .node = "EmbeddingBackward0",
          .empty = {{given(zeros({0, 2}, int64)), real({4, 3})},
                    {given(tensor({1, 0})), real({4, 0})},
                    {given(zeros({0}, int64)), real({4, 3})}}};
}

Rows lookup_rows() {
  Rows rows{
      embedding_row("", {}),
      embedding_row("with sparse gradients", {.sparse = true}),
  };
  rows[0].more = {{given(tensor(2)), real({4, 3})}, {given(tensor({3, 3}, int32)), real({4, 3})}};
  rows[0].refusals = {
      refuse<IndexError>("embedding: index 12 at position [0, 3] is outside [0, 10)",
                         [] {
                           (void)embedding(tensor({{0, 1, 2, 12}}), ones({10, 3}));
                         }),
      refuse<IndexError>("embedding: index -1 at position [0]",
                         [] {
                           (void)embedding(tensor({-1}), ones({10, 3}));
                         }),
      refuse<IndexError>("embedding: index 0 at position [] is outside [0, 0)",
                         [] {
                           (void)embedding(tensor(0), ones({0, 3}));
                         }),
      refuse<TypeError>("indices must be int32 or int64, got float32",
                        [] {
                          (void)embedding(tensor({0.0}), ones({10, 3}));
                        }),
      refuse<TypeError>("indices must be int32 or int64, got bool",
                        [] {
                          (void)embedding(tensor({true}), ones({10, 3}));
                        }),
      refuse<ShapeError>("embedding: weight has shape [3]", [] { (void)embedding(tensor({0}), ones({3})); }),
      refuse<ValueError>("embedding: padding_idx 10 is outside [-10, 10)",
                         [] {
                           (void)embedding(tensor({0}), ones({10, 3}), {.padding_idx = 10});
                         }),
      refuse<ValueError>("padding_idx -11",
                         [] {
                           (void)embedding(tensor({0}), ones({10, 3}), {.padding_idx = -11});
                         }),
      refuse<TypeError>("embedding: max_norm needs a floating-point table, not int64",
                        [] {
                          (void)embedding(tensor({0}), ones({10, 3}, int64), {.max_norm = 1.0});
                        }),
  };
  return rows;
}

OpRow bag_row(std::string form, EmbeddingBagOptions options) {
  // Row 2 appears in several bags, and the third bag is empty.
  return {.names = {"embedding_bag"},
          .form = std::move(form),
          .inputs = {given(tensor({0, 2, 3, 2, 2, 1, 0})), real({5, 3}), given(tensor({0, 3, 4, 4, 5}))},
          .call = one([options](const Tensors& x) { return embedding_bag(x[0], x[1], x[2], options); }),
          .node = "EmbeddingBagBackward0",
          .empty = {{given(zeros({0}, int64)), real({4, 3}), given(tensor({0, 0}))},
                    {given(zeros({0}, int64)), real({4, 3}), given(zeros({0}, int64))},
                    {given(tensor({1, 0})), real({4, 3}), given(zeros({0}, int64))},
                    {given(tensor({1, 0})), real({4, 0}), given(tensor({0}))}}};
}

OpRow batch_row(std::string form, EmbeddingBagOptions options) {
  return {.names = {"embedding_bag"},
          .form = std::move(form),
          .inputs = {given(tensor({{0, 2, 3}, {2, 2, 1}})), real({4, 3})},
          .call = one([options](const Tensors& x) { return embedding_bag(x[0], x[1], options); }),
          .node = "EmbeddingBagBackward0",
          .empty = {{given(zeros({0, 2}, int64)), real({4, 3})},
                    {given(zeros({2, 0}, int64)), real({4, 3})},
                    {given(tensor({{1, 0}})), real({4, 0})}},
          .more = {{given(tensor({{3}}, int32)), real({4, 3})}}};
}

OpRow weighted_row(std::string form, EmbeddingBagOptions options) {
  const auto call = [options](const Tensors& x) {
    EmbeddingBagOptions all = options;
    all.per_sample_weights = x[3];
    return embedding_bag(x[0], x[1], x[2], all);
  };
  return {.names = {"embedding_bag"},
          .form = std::move(form),
          .inputs = {given(tensor({0, 2, 3, 2, 2, 1, 0})), real({5, 3}), given(tensor({0, 3, 4, 4, 5})), real({7})},
          .call = one(call),
          .node = "EmbeddingBagBackward0",
          .saves = {1, 3},
          .empty = {{given(zeros({0}, int64)), real({4, 3}), given(tensor({0, 0})), real({0})},
                    {given(tensor({1, 0})), real({4, 3}), given(zeros({0}, int64)), real({2})}},
          .more = {{given(tensor({1, 3}, int32)), constant({4, 3}), given(tensor({0})), real({2})},
                   {given(tensor({1, 3})), real({4, 3}), given(tensor({0}, int32)), constant({2})}}};
}

// A call with the table of ones [10, 3].
std::function<void()> bags(const Tensor& input, const Tensor& offsets, EmbeddingBagOptions options = {}) {
  return [=] { (void)embedding_bag(input, ones({10, 3}), offsets, options); };
}

std::vector<Refusal> bag_refusals() {
  const Tensor five = tensor({1, 2, 3, 4, 5});
  const Tensor start = tensor({0});
  return {
      refuse<IndexError>("embedding_bag: index 11 at position [3] is outside [0, 10)",
                         bags(tensor({1, 2, 3, 11}), start)),
      refuse<IndexError>("embedding_bag: index -1 at position [1, 0] is outside [0, 10)",
                         bags(tensor({{1, 2}, {-1, 4}}), Tensor(), {.mode = "max"})),
      refuse<TypeError>("embedding_bag: indices must be int32 or int64, got float32", bags(tensor({0.5}), start)),
      refuse<TypeError>("embedding_bag: offsets must be int32 or int64, got bool", bags(five, tensor({false}))),
      refuse<TypeError>("embedding_bag: weight must be float32 or float64, got int64",
                        [] {
                          (void)embedding_bag(tensor({{0}}), ones({2, 2}, int64));
                        }),
      refuse<ShapeError>("embedding_bag: weight has shape [3]", [] { (void)embedding_bag(tensor({{0}}), ones({3})); }),
      refuse<ShapeError>("input has to be a 1D or 2D Tensor, but has shape [1, 1, 1]",
                         bags(zeros({1, 1, 1}, int64), Tensor())),
      refuse<ShapeError>("input has to be a 1D or 2D Tensor, but has shape []", bags(tensor(1), start)),
      refuse<ValueError>("a 2D input of shape [2, 1] is 2 bags of 1, so offsets has to be None",
                         bags(tensor({{1}, {2}}), start)),
      refuse<ValueError>("offsets has to be a 1D Tensor where the input is 1D, but got None", bags(five, Tensor())),
      refuse<ShapeError>("offsets has to be a 1D Tensor, but has shape [1, 1]", bags(five, tensor({{0}}))),
      refuse<ValueError>("offsets[0] has to be 0, so that the first bag begins at position 0, but it is 1",
                         bags(five, tensor({1, 2}))),
      refuse<ValueError>("offsets[-1] can not be greater than input's length 5, but it is 6",
                         bags(five, tensor({0, 6}))),
      refuse<ValueError>("offsets[2] is 1, below offsets[1], which is 3", bags(five, tensor({0, 3, 1}))),
      refuse<ValueError>("offsets[2] is 1, below offsets[1], which is 3",
                         bags(five, tensor({0, 3, 1, 5}), {.mode = "max", .include_last_offset = true})),
      refuse<ValueError>("offsets[-1] is 4; with include_last_offset it has to be the input's length, 5",
                         bags(five, tensor({0, 4}), {.mode = "sum", .include_last_offset = true})),
      refuse<ValueError>("include_last_offset needs at least 1 offset",
                         bags(five, zeros({0}, int64), {.include_last_offset = true})),
      refuse<ValueError>("mode has to be one of sum, mean or max, not 'avg'", bags(five, start, {.mode = "avg"})),
      refuse<ValueError>("max mode does not support scaling the gradient by the frequency",
                         bags(five, start, {.scale_grad_by_freq = true, .mode = "max"})),
      refuse<ValueError>("max mode does not support sparse weights",
                         bags(five, start, {.mode = "max", .sparse = true})),
      refuse<ValueError>("padding_idx 10 is outside [-10, 10)", bags(five, start, {.padding_idx = 10})),
      refuse<ValueError>("per_sample_weights is only supported for mode='sum', not for 'mean'",
                         bags(five, start, {.per_sample_weights = ones({5})})),
      refuse<ShapeError>("per_sample_weights has shape [4] and must have the same shape as the input, [5]",
                         bags(five, start, {.mode = "sum", .per_sample_weights = ones({4})})),
      refuse<TypeError>("per_sample_weights are float64 and must have the same type as weight, float32",
                        bags(five, start, {.mode = "sum", .per_sample_weights = ones({5}, float64)})),
  };
}

Rows bag_rows() {
  Rows rows{
      bag_row("", {}),
      bag_row("of sums", {.mode = "sum", .padding_idx = 1}),
      bag_row("of maxima", {.mode = "max"}),
      bag_row("of maxima beside padding", {.mode = "max", .padding_idx = 2}),
      bag_row("of means beside padding", {.padding_idx = 2}),
      bag_row("with sparse gradients", {.sparse = true}),
      batch_row("of a matrix", {}),
      batch_row("of a matrix's maxima", {.mode = "max"}),
      weighted_row("with weights", {.mode = "sum"}),
      weighted_row("with weights beside padding", {.mode = "sum", .sparse = true, .padding_idx = 2}),
  };
  rows[0].refusals = bag_refusals();
  return rows;
}

}  // namespace

Rows embedding_rows() {
  Rows rows = lookup_rows();
  for (OpRow& row : bag_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace taper_test
