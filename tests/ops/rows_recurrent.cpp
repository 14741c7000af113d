#include "ops/table.h"
#include "taper/ops/create.h"
#include "taper/ops/lstm.h"

namespace taper_test {

using namespace taper;

namespace {

// The weights of one layer in one direction, of numbers that keep gates away from their ends.
std::vector<Input> weights(std::int64_t features, std::int64_t hidden, std::int64_t width) {
  std::vector<Input> result{real({4 * hidden, features}, -1, 1), real({4 * hidden, width}, -1, 1),
                            real({4 * hidden}, -1, 1), real({4 * hidden}, -1, 1)};
  if (width != hidden) result.push_back(real({width, hidden}, -1, 1));
  return result;
}

std::vector<Input> join(std::vector<Input> a, const std::vector<Input>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Tensors all(const std::tuple<Tensor, Tensor, Tensor>& x) { return {std::get<0>(x), std::get<1>(x), std::get<2>(x)}; }

// lstm of x, h, c and the weights.
std::function<Tensors(const Tensors&)> over(std::int64_t layers, bool bidirectional, bool batch_first) {
  return [=](const Tensors& x) {
    return all(lstm(x[0], {x[1], x[2]}, {x.begin() + 3, x.end()}, true, layers, 0, true, bidirectional, batch_first));
  };
}

void call(const Tensor& x, const std::pair<Tensor, Tensor>& state, const Tensors& params, std::int64_t layers = 1,
          double dropout = 0) {
  (void)lstm(x, state, params, true, layers, dropout, true, false, false);
}

std::vector<Refusal> lstm_refusals() {
  const Tensor x = ones({3, 2, 4});
  const Tensors w{ones({12, 4}), ones({12, 3}), ones({12}), ones({12})};
  return {
      refuse<TypeError>("lstm: input must be floating-point, got int64",
                        [=] {
                          call(ones({3, 2, 4}, int64), {}, w);
                        }),
      refuse<ShapeError>("lstm: input must have 3 dimensions, got 2 of shape [2, 4]; [seq, batch, features] is right",
                         [=] {
                           call(ones({2, 4}), {}, w);
                         }),
      refuse<ShapeError>("the sequence needs at least one step",
                         [=] {
                           call(ones({0, 2, 4}), {}, w);
                         }),
      refuse<ShapeError>("lstm: weight_ih has shape [12, 4] where [12, 5] is needed",
                         [=] {
                           call(ones({3, 2, 5}), {}, w);
                         }),
      refuse<ShapeError>("lstm: weight_hh has shape [10, 3]; [4 * hidden, width] is needed",
                         [=] {
                           call(x, {}, {w[0], ones({10, 3}), w[2], w[3]});
                         }),
      refuse<ShapeError>("without weight_hr [12, 3] is needed",
                         [=] {
                           call(x, {}, {w[0], ones({12, 2}), w[2], w[3]});
                         }),
      refuse<ShapeError>("lstm: bias_hh has shape [3] where [12] is needed",
                         [=] {
                           call(x, {}, {w[0], w[1], w[2], ones({3})});
                         }),
      refuse<ShapeError>("lstm: hidden[0] has shape [1, 2, 4] where [1, 2, 3] is needed",
                         [=] {
                           call(x, {ones({1, 2, 4}), ones({1, 2, 3})}, w);
                         }),
      refuse<ValueError>("lstm: hidden[1] is undefined; shape [1, 2, 3] is needed",
                         [=] {
                           call(x, {ones({1, 2, 3}), {}}, w);
                         }),
      refuse<TypeError>("lstm: weight_ih of float32 for an input of float64; they must be the same",
                        [=] {
                          call(ones({3, 2, 4}, float64), {}, w);
                        }),
      refuse<ValueError>("lstm: 4 params for 2 layers in 1 directions; 4 for each are needed",
                         [=] { call(x, {}, w, 2); }),
      refuse<ValueError>("lstm: num_layers is 0", [=] { call(x, {}, {}, 0); }),
      refuse<ValueError>("lstm: dropout has to be between 0 and 1, but got 1.5", [=] { call(x, {}, w, 1, 1.5); }),
  };
}

void cell(const Tensor& x, const Tensor& h, const Tensor& w_ih, const Tensor& w_hh) {
  (void)lstm_cell(x, {h, h}, w_ih, w_hh);
}

std::vector<Refusal> cell_refusals() {
  return {
      refuse<TypeError>("lstm_cell: input must be floating-point, got int64",
                        [] {
                          cell(ones({2, 4}, int64), {}, ones({12, 4}), ones({12, 3}));
                        }),
      refuse<ShapeError>("lstm_cell: input has shape [4]; [batch, features] is right",
                         [] {
                           cell(ones({4}), {}, ones({12, 4}), ones({12, 3}));
                         }),
      refuse<ShapeError>("lstm_cell: weight_hh has shape [12, 4]; [4 * hidden, hidden] is needed",
                         [] {
                           cell(ones({2, 4}), {}, ones({12, 4}), ones({12, 4}));
                         }),
      refuse<ShapeError>("lstm_cell: weight_ih has shape [12, 5] where [12, 4] is needed",
                         [] {
                           cell(ones({2, 4}), {}, ones({12, 5}), ones({12, 3}));
                         }),
      refuse<ShapeError>("lstm_cell: hidden[0] has shape [3, 3] where [2, 3] is needed",
                         [] {
                           cell(ones({2, 4}), ones({3, 3}), ones({12, 4}), ones({12, 3}));
                         }),
  };
}

}  // namespace

Rows recurrent_rows() {
  const std::vector<Input> state{real({1, 2, 2}), real({1, 2, 2})};
  return {
      {.names = {"lstm"},
       .form = "",
       .inputs = join(join({real({3, 2, 3})}, state), weights(3, 2, 2)),
       .call = over(1, false, false),
       .node = "StackBackward0",
       .saves = {0, 1, 2, 3, 4},
       .saves_result = true,
       .empty = {join({real({3, 0, 3}), real({1, 0, 2}), real({1, 0, 2})}, weights(3, 2, 2))},
       .more = {join(join({real({1, 2, 3})}, state), weights(3, 2, 2))},
       .refusals = lstm_refusals()},
      {.names = {"lstm"},
       .form = "from zeros",
       .inputs = join({real({3, 2, 2})}, weights(2, 2, 2)),
       .call =
           [](const Tensors& x) {
             return all(lstm(x[0], {}, {x.begin() + 1, x.end()}, true, 1, 0, true, false, false));
           },
       .node = "StackBackward0",
       .saves = {0, 1, 2}},
      {.names = {"lstm"},
       .form = "without biases",
       .inputs = join({real({2, 2, 2})}, {real({8, 2}, -1, 1), real({8, 2}, -1, 1)}),
       .call =
           [](const Tensors& x) {
             return all(lstm(x[0], {}, {x[1], x[2]}, false, 1, 0, true, false, false));
           },
       .node = "StackBackward0"},
      {.names = {"lstm"},
       .form = "projected",
       .inputs = join({real({3, 2, 2}), real({1, 2, 2}), real({1, 2, 3})}, weights(2, 3, 2)),
       .call = over(1, false, false),
       .node = "StackBackward0",
       .saves = {0, 1, 2, 3, 4, 7}},
      {.names = {"lstm"},
       .form = "of two layers in both directions, batch first",
       .inputs = join(join({real({2, 3, 2}), real({4, 2, 1}), real({4, 2, 1})}, weights(2, 1, 1)),
                      join(join(weights(2, 1, 1), weights(2, 1, 1)), weights(2, 1, 1))),
       .call = over(2, true, true),
       .node = "TransposeBackward0"},
      {.names = {"lstm_cell"},
       .form = "",
       .inputs = join({real({3, 2}), real({3, 2}), real({3, 2})}, weights(2, 2, 2)),
       .call =
           [](const Tensors& x) {
             const auto [h, c] = lstm_cell(x[0], {x[1], x[2]}, x[3], x[4], x[5], x[6]);
             return Tensors{h, c};
           },
       .node = "MulBackward0",
       .empty = {join({real({0, 2}), real({0, 2}), real({0, 2})}, weights(2, 2, 2))},
       .refusals = cell_refusals()},
      {.names = {"lstm_cell"},
       .form = "from zeros, without biases",
       .inputs = {real({3, 2}), real({8, 2}, -1, 1), real({8, 2}, -1, 1)},
       .call =
           [](const Tensors& x) {
             const auto [h, c] = lstm_cell(x[0], {}, x[1], x[2]);
             return Tensors{h, c};
           },
       .node = "MulBackward0"},
  };
}

}  // namespace taper_test
