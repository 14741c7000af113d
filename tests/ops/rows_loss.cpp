#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/loss.h"

namespace taper_test {

using namespace taper;

namespace {

using Call = std::function<Tensor(const Tensors&)>;

OpRow loss_row(std::string name, std::string form, std::vector<Input> inputs, Call call, std::string node) {
  OpRow row;
  row.names = {std::move(name)};
  row.form = std::move(form);
  row.inputs = std::move(inputs);
  row.call = one(std::move(call));
  row.node = std::move(node);
  return row;
}

OpRow with(OpRow row, std::vector<int> saves, std::vector<std::vector<Input>> empty,
           std::vector<Refusal> refusals = {}) {
  row.saves = std::move(saves);
  row.empty = std::move(empty);
  row.refusals = std::move(refusals);
  return row;
}

Tensor wide(const Shape& shape) { return ones(shape, float64); }

Rows difference_rows() {
  OpRow mse = with(loss_row(
                       "mse_loss", "", {real({2, 3}), real({2, 3})},
                       [](const Tensors& x) { return mse_loss(x[0], x[1]); }, "MseLossBackward0"),
                   {0, 1}, {{real({0, 3}), real({0, 3})}},
                   {refuse<ValueError>("mse_loss: reduction 'avg'; 'none', 'mean' or 'sum'",
                                       [] { (void)mse_loss(wide({2}), wide({2}), {.reduction = "avg"}); }),
                    refuse<ShapeError>("mse_loss: shapes [2] and [3]", [] { (void)mse_loss(wide({2}), wide({3})); }),
                    refuse<TypeError>("mse_loss: ", [] { (void)mse_loss(tensor({1}), tensor({2})); })});
  mse.more = {{real({2, 3}), real({3})}, {real({}), real({2, 2})}};
  return {
      std::move(mse),
      with(loss_row(
               "mse_loss", "unreduced", {real({2, 3}), constant({2, 3})},
               [](const Tensors& x) { return mse_loss(x[0], x[1], {.reduction = "none"}); }, "MseLossBackward0"),
           {0, 1}, {{real({0, 3}), constant({3})}}),
      with(loss_row(
               "l1_loss", "", {real({2, 3}), real({2, 3})}, [](const Tensors& x) { return l1_loss(x[0], x[1]); },
               "MeanBackward0"),
           {}, {{real({0, 3}), real({0, 3})}},
           {refuse<ValueError>("l1_loss: reduction ''",
                               [] { (void)l1_loss(wide({2}), wide({2}), {.reduction = ""}); })}),
      loss_row(
          "kl_div", "", {real({2, 3}), positive({2, 3})},
          [](const Tensors& x) { return kl_div(x[0], x[1], {.reduction = "batchmean"}); }, "DivBackward0"),
      with(loss_row(
               "kl_div", "of logarithms", {real({2, 3}), real({2, 3})},
               [](const Tensors& x) { return kl_div(x[0], x[1], {.reduction = "sum", .log_target = true}); },
               "SumBackward0"),
           {}, {{real({0, 3}), real({0, 3})}},
           {refuse<TypeError>("kl_div: target must be floating-point, got int64",
                              [] {
                                (void)kl_div(wide({2}), tensor({1, 2}));
                              }),
            refuse<ShapeError>("kl_div: a 0-d input",
                               [] { (void)kl_div(tensor(1.0), tensor(1.0), {.reduction = "batchmean"}); })}),
  };
}

Rows angle_rows() {
  OpRow cosine =
      with(loss_row(
               "cosine_similarity", "", {real({2, 3}), real({2, 3})},
               [](const Tensors& x) { return cosine_similarity(x[0], x[1], -1); }, "SumBackward1"),
           {}, {{real({0, 3}), real({0, 3})}, {real({2, 0}), real({2, 0})}},
           {refuse<IndexError>("cosine_similarity: ", [] { (void)cosine_similarity(wide({2}), wide({2}), 1); }),
            refuse<ShapeError>("cosine_similarity: ", [] { (void)cosine_similarity(wide({2}), wide({3}), 0); })});
  cosine.more = {{real({2, 3}), real({3})}, {real({3}), real({3})}};
  OpRow loss = with(
      loss_row(
          "cosine_embedding_loss", "", {real({3, 4}), real({3, 4}), given(tensor({1, -1, 1}))},
          [](const Tensors& x) { return cosine_embedding_loss(x[0], x[1], x[2], {.margin = -1.5}); }, "MeanBackward0"),
      {}, {{real({0, 3}), real({0, 3}), given(zeros({0}, int64))}},
      {refuse<ShapeError>("cosine_embedding_loss: inputs [2] and [2] with a target [1]",
                          [] { (void)cosine_embedding_loss(wide({2}), wide({2}), tensor({1})); })});
  loss.more = {{real({4}), real({4}), given(tensor(-1))}};
  return {std::move(cosine), std::move(loss)};
}

Rows binary_rows() {
  const Input p = real({2, 3}, 0.1, 0.9);
  return {
      with(loss_row(
               "binary_cross_entropy", "", {p, p}, [](const Tensors& x) { return binary_cross_entropy(x[0], x[1]); },
               "BinaryCrossEntropyBackward0"),
           {0, 1}, {{real({0, 3}), real({0, 3})}},
           {refuse<ValueError>("binary_cross_entropy: input 1.5 at position [1] is outside [0, 1]",
                               [] {
                                 (void)binary_cross_entropy(tensor({0.5, 1.5}), wide({2}));
                               }),
            refuse<ShapeError>("binary_cross_entropy: a target of shape [2] for an input of shape [3]",
                               [] { (void)binary_cross_entropy(wide({3}), wide({2})); }),
            refuse<ShapeError>("a weight of shape [3] does not fit",
                               [] { (void)binary_cross_entropy(wide({1}), wide({1}), {.weight = wide({3})}); }),
            refuse<TypeError>("target must be floating-point, got int64",
                              [] { (void)binary_cross_entropy(wide({1}), tensor({1})); })}),
      loss_row(
          "binary_cross_entropy", "with weights", {p, p, constant({3})},
          [](const Tensors& x) { return binary_cross_entropy(x[0], x[1], {.weight = x[2], .reduction = "none"}); },
          "BinaryCrossEntropyBackward0"),
      with(loss_row(
               "binary_cross_entropy_with_logits", "", {real({2, 3}), p},
               [](const Tensors& x) { return binary_cross_entropy_with_logits(x[0], x[1]); },
               "BinaryCrossEntropyWithLogitsBackward0"),
           {0, 1}, {{real({0, 3}), real({0, 3})}},
           {refuse<ValueError>(
               "binary_cross_entropy_with_logits: reduction",
               [] { (void)binary_cross_entropy_with_logits(wide({1}), wide({1}), {.reduction = "Mean"}); })}),
      loss_row(
          "binary_cross_entropy_with_logits", "with a weight for each", {real({2, 3}), p, constant({2, 3})},
          [](const Tensors& x) {
            return binary_cross_entropy_with_logits(x[0], x[1], {.weight = x[2], .reduction = "sum"});
          },
          "BinaryCrossEntropyWithLogitsBackward0"),
      loss_row(
          "binary_cross_entropy_with_logits", "unreduced", {real({2, 3}), p, constant({2, 3})},
          [](const Tensors& x) {
            return binary_cross_entropy_with_logits(x[0], x[1], {.weight = x[2], .reduction = "none"});
          },
          "BinaryCrossEntropyWithLogitsBackward0"),
      loss_row(
          "binary_cross_entropy_with_logits", "with weights",
          {real({2, 3}), p, constant({2, 1}), constant({3}, 0.5, 2)},
          [](const Tensors& x) {
            return binary_cross_entropy_with_logits(x[0], x[1],
                                                    {.weight = x[2], .reduction = "sum", .pos_weight = x[3]});
          },
          "BinaryCrossEntropyWithLogitsBackward0"),
  };
}

Rows class_rows() {
  const Tensor classes = tensor({2, 0, 1});
  const Tensor image = tensor({{2, -100, 1}, {0, 1, 1}});
  const Input logits = real({3, 4});
  OpRow nll = with(loss_row(
                       "nll_loss", "", {logits, given(classes)}, [](const Tensors& x) { return nll_loss(x[0], x[1]); },
                       "NllLossBackward0"),
                   {}, {{real({0, 4}), given(zeros({0}, int64))}},
                   {refuse<IndexError>("nll_loss: class 4 at position [1] is outside [0, 4)",
                                       [] {
                                         (void)nll_loss(wide({2, 4}), tensor({0, 4}));
                                       }),
                    refuse<ShapeError>("nll_loss: a target of shape [3] for an input of shape [2, 4]",
                                       [] {
                                         (void)nll_loss(wide({2, 4}), tensor({0, 1, 2}));
                                       }),
                    refuse<ShapeError>("nll_loss: weight has shape [3]",
                                       [] {
                                         (void)nll_loss(wide({2, 4}), tensor({0, 1}), {.weight = wide({3})});
                                       }),
                    refuse<TypeError>("nll_loss: target must be int32 or int64 classes, got float64", [] {
                      (void)nll_loss(wide({2, 4}), wide({2}));
                    })});
  nll.more = {{real({4}), given(tensor(3))}, {real({2, 3, 3}), given(image)}};
  OpRow cross =
      with(loss_row(
               "cross_entropy", "of classes", {logits, given(classes)},
               [](const Tensors& x) { return cross_entropy(x[0], x[1]); }, "NllLossBackward0"),
           {}, {{real({0, 4}), given(zeros({0}, int64))}},
           {refuse<IndexError>("cross_entropy: class 7 at position [1] is outside [0, 5)",
                               [] {
                                 (void)cross_entropy(wide({2, 5}), tensor({1, 7}));
                               }),
            refuse<ValueError>("cross_entropy: label_smoothing 1.5 is outside [0, 1]",
                               [] {
                                 (void)cross_entropy(wide({2, 5}), tensor({1, 2}), {.label_smoothing = 1.5});
                               }),
            refuse<ValueError>("cross_entropy: reduction 'batchmean'",
                               [] {
                                 (void)cross_entropy(wide({2, 5}), tensor({1, 2}), {.reduction = "batchmean"});
                               }),
            refuse<TypeError>("cross_entropy: weight of float32 for an input of float64",
                              [] {
                                (void)cross_entropy(wide({2, 5}), tensor({1, 2}), {.weight = ones({5})});
                              }),
            refuse<TypeError>("cross_entropy: input must be floating-point", [] {
              (void)cross_entropy(ones({2, 5}, int64), tensor({1, 2}));
            })});
  cross.more = nll.more;
  OpRow two = loss_row(
      "nll_loss", "of images with weights, unreduced", {real({2, 3, 3}), given(image), constant({3}, 0.5, 2)},
      [](const Tensors& x) { return nll_loss(x[0], x[1], {.weight = x[2], .reduction = "none"}); },
      "NllLoss2DBackward0");
  return {
      std::move(nll),
      std::move(cross),
      std::move(two),
      loss_row(
          "cross_entropy", "with weights", {logits, given(classes), constant({4}, 0.5, 2)},
          [](const Tensors& x) { return cross_entropy(x[0], x[1], {.weight = x[2], .ignore_index = 0}); },
          "NllLossBackward0"),
      loss_row(
          "cross_entropy", "with smoothed labels", {logits, given(classes), constant({4}, 0.5, 2)},
          [](const Tensors& x) {
            return cross_entropy(x[0], x[1], {.weight = x[2], .ignore_index = 0, .label_smoothing = 0.1});
          },
          "AddBackward0"),
      loss_row(
          "cross_entropy", "of probabilities", {logits, positive({3, 4})},
          [](const Tensors& x) { return cross_entropy(x[0], x[1], {.label_smoothing = 0.1}); }, "DivBackward1"),
  };
}

}  // namespace

Rows loss_rows() {
  Rows rows = difference_rows();
  for (const Rows& more : {angle_rows(), binary_rows(), class_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace taper_test
