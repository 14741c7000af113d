#include <map>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/error.h"
#include "taper/base/generator.h"
#include "taper/base/threads.h"
#include "taper/base/warning.h"
#include "taper/nn/lstm.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"
#include "taper/optim/sgd.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Numbers = std::vector<double>;

namespace {

std::vector<std::string> names_of(const nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
  return names;
}

bool close(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && ((a - b).abs().max().item<double>() < 1e-12);
}

// What one layer does, step by step with a cell that has its weights.
Tensor by_cell(const nn::LSTM& lstm, const Tensor& x) {
  nn::LSTMCell cell(lstm.input_size, lstm.hidden_size, {.dtype = float64});
  const nn::LSTMLayer& layer = lstm.layers[0];
  cell.load_state_dict({{"weight_ih", layer.weight_ih},
                        {"weight_hh", layer.weight_hh},
                        {"bias_ih", layer.bias_ih},
                        {"bias_hh", layer.bias_hh}});
  std::vector<Tensor> outputs;
  nn::LSTMState state;
  for (const Tensor& step : x.unbind()) {
    state = cell(step, state);
    outputs.push_back(state.first);
  }
  return stack(outputs);
}

}  // namespace

TEST_CASE("an LSTM names its parameters as PyTorch does") {
  CHECK(names_of(nn::LSTM(3, 4)) ==
        std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"});
  const nn::LSTM wide(3, 4, {.num_layers = 2, .bias = false, .bidirectional = true, .proj_size = 2});
  CHECK(names_of(wide) == std::vector<std::string>{
                              "weight_ih_l0", "weight_hh_l0", "weight_hr_l0", "weight_ih_l0_reverse",
                              "weight_hh_l0_reverse", "weight_hr_l0_reverse", "weight_ih_l1", "weight_hh_l1",
                              "weight_hr_l1", "weight_ih_l1_reverse", "weight_hh_l1_reverse", "weight_hr_l1_reverse"});
  CHECK(wide.layers[2].weight_ih.shape() == Shape{16, 4});
  CHECK(wide.layers[0].weight_hr.shape() == Shape{2, 4});
  CHECK(names_of(nn::LSTMCell(3, 4)) == std::vector<std::string>{"weight_ih", "weight_hh", "bias_ih", "bias_hh"});
}

TEST_CASE("an LSTM steps through the sequence as its cell does") {
  manual_seed(3);
  const nn::LSTM lstm(3, 4, {.dtype = float64});
  const Tensor x = randn({5, 2, 3}, float64);
  const auto [output, state] = lstm(x);
  CHECK(output.shape() == Shape{5, 2, 4});
  CHECK(close(output, by_cell(lstm, x)));
  CHECK(close(state.first, output.narrow(0, 4, 1)));
  CHECK(state.second.shape() == Shape{1, 2, 4});
  // In two parts, the second from the state of the first.
  const auto [first, between] = lstm(x.narrow(0, 0, 2));
  const auto [second, last] = lstm(x.narrow(0, 2, 3), between);
  CHECK(close(cat({first, second}), output));
  CHECK(close(last.second, state.second));
  CHECK(close(lstm(x.narrow(0, 2, 3), {between.first, between.second}).first, second));
}

TEST_CASE("the second direction of an LSTM runs through the sequence backwards") {
  manual_seed(4);
  nn::LSTM both(3, 2, {.bidirectional = true, .dtype = float64});
  const Tensor x = randn({4, 2, 3}, float64);
  const auto [output, state] = both(x);
  nn::LSTM one(3, 2, {.dtype = float64});
  one.layers[0] = both.layers[1];
  const Tensor backwards = one(flip(x, {0})).first;
  CHECK(close(output.narrow(2, 2, 2), flip(backwards, {0})));
  CHECK(close(state.first.select(0, 1), backwards.select(0, 3)));
  CHECK(output.str().find("grad_fn=<CatBackward0>") != std::string::npos);
}

TEST_CASE("an LSTM takes a sequence without a batch, and a batch first") {
  manual_seed(5);
  const nn::LSTM lstm(3, 2, {.num_layers = 2, .dtype = float64});
  nn::LSTM turned(3, 2, {.num_layers = 2, .batch_first = true, .dtype = float64});
  turned.load_state_dict(lstm.state_dict());
  const Tensor x = randn({4, 3}, float64);
  const auto [output, state] = lstm(x);
  CHECK(output.shape() == Shape{4, 2});
  CHECK(state.first.shape() == Shape{2, 2});
  CHECK(close(output, lstm(x.unsqueeze(1)).first.squeeze(1)));
  CHECK(close(lstm(x, state).first,
              lstm(x.unsqueeze(1), {state.first.unsqueeze(1), state.second.unsqueeze(1)}).first.squeeze(1)));
  const Tensor batch = randn({5, 4, 3}, float64);
  CHECK(close(turned(batch).first, lstm(batch.transpose(0, 1)).first.transpose(0, 1)));
  CHECK(close(turned(x).first, output));
  const nn::LSTMCell cell(3, 2, {.dtype = float64});
  CHECK(cell(x[0]).first.shape() == Shape{2});
  CHECK(close(cell(x[0], cell(x[1])).second, cell(x.narrow(0, 0, 1), cell(x.narrow(0, 1, 1))).second[0]));
}

TEST_CASE("an LSTM drops between its layers in training alone") {
  manual_seed(6);
  nn::LSTM lstm(3, 8, {.num_layers = 2, .dropout = 0.5});
  const Tensor x = randn({4, 2, 3});
  CHECK(lstm(x).first.to_vector<float>() != lstm(x).first.to_vector<float>());
  lstm.eval();
  CHECK(lstm(x).first.to_vector<float>() == lstm(x).first.to_vector<float>());
}

TEST_CASE("dropout in an LSTM of one layer is warned of") {
  std::vector<std::string> said;
  WarningHandler before = set_warning_handler([&](const std::string& text) { said.push_back(text); });
  const nn::LSTM one(3, 4, {.dropout = 0.5});
  const nn::LSTM two(3, 4, {.num_layers = 2, .dropout = 0.5});
  set_warning_handler(std::move(before));
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], ContainsSubstring("dropout option adds dropout after all but last recurrent layer, so non-zero "
                                        "dropout expects num_layers greater than 1, but got dropout=0.5 and "
                                        "num_layers=1"));
}

TEST_CASE("an LSTM refuses what does not fit") {
  CHECK_THROWS_AS(nn::LSTM(-1, 2), ValueError);
  CHECK_THROWS_AS(nn::LSTM(1, -2), ValueError);
  CHECK_THROWS_AS(nn::LSTM(1, 2, {.device = "cuda"}), ValueError);
  CHECK_THROWS_AS(nn::LSTM(1, 2, {.dtype = int64}), TypeError);
  CHECK_THROWS_WITH(nn::LSTM(1, 2, {.num_layers = 0}), ContainsSubstring("num_layers is 0"));
  CHECK_THROWS_WITH(nn::LSTM(1, 2, {.dropout = 1.5}), ContainsSubstring("dropout should be a number in range [0, 1]"));
  CHECK_THROWS_WITH(nn::LSTM(1, 2, {.proj_size = 2}),
                    ContainsSubstring("proj_size has to be smaller than hidden_size"));
  CHECK_THROWS_WITH(nn::LSTM(1, 2, {.proj_size = -1}), ContainsSubstring("proj_size should be a positive integer"));
  const nn::LSTM lstm(3, 4, {.num_layers = 2});
  CHECK_THROWS_WITH(lstm(ones({3})), ContainsSubstring("input must have 3 dimensions, or 2 without a batch, got 1"));
  CHECK_THROWS_WITH(lstm(ones({5, 2, 4})),
                    ContainsSubstring("input.size(-1) must be equal to input_size. Expected 3, got 4"));
  CHECK_THROWS_WITH(lstm(ones({5, 2, 3}), {ones({1, 2, 4}), ones({1, 2, 4})}),
                    ContainsSubstring("hidden[0] has shape [1, 2, 4] where [2, 2, 4] is needed"));
  CHECK_THROWS_WITH(lstm(ones({5, 2, 3}), {ones({2, 4}), ones({2, 4})}),
                    ContainsSubstring("for 3-D input, h and c should also be 3-D"));
  CHECK_THROWS_WITH(lstm(ones({5, 2, 3}, float64)), ContainsSubstring("weight_ih of float32 for an input of float64"));
  CHECK_THROWS_AS(nn::LSTMCell(1, -2), ValueError);
  const nn::LSTMCell cell(3, 4);
  CHECK_THROWS_WITH(cell(ones({1, 2, 3})), ContainsSubstring("Expected input to be 1-D or 2-D but received 3-D"));
  CHECK_THROWS_WITH(cell(ones({2, 5})), ContainsSubstring("weight_ih has shape [16, 3] where [16, 5] is needed"));
}

TEST_CASE("an LSTM is a value: copies have their own weights, assigning writes in place") {
  manual_seed(7);
  nn::LSTM lstm(3, 4, {.num_layers = 2});
  const Tensor x = randn({4, 2, 3});
  const nn::LSTM best = lstm;
  const Numbers output = lstm(x).first.to_vector<double>();
  optim::SGD optimizer(lstm.parameters(), {.lr = 0.5});
  lstm(x).first.sum().backward();
  optimizer.step();
  CHECK(lstm(x).first.to_vector<double>() != output);
  CHECK(best(x).first.to_vector<double>() == output);
  const Tensor handle = lstm.layers[1].weight_hh;
  lstm = best;
  CHECK(lstm(x).first.to_vector<double>() == output);
  CHECK(handle.is(lstm.layers[1].weight_hh));
  CHECK_THROWS_AS((lstm = nn::LSTM(3, 5, {.num_layers = 2})), ShapeError);
  nn::LSTM moved = std::move(lstm);
  CHECK(moved(x).first.to_vector<double>() == output);
  moved.to(float64);
  CHECK(moved(x.to(float64)).first.dtype() == float64);
}

TEST_CASE("hooks see an LSTM's input and each tensor of its result") {
  nn::LSTM lstm(3, 4);
  int seen = 0;
  lstm.register_forward_hook([&](nn::Module&, const std::vector<Tensor>& inputs, const Tensor& output) {
    CHECK(inputs.size() == 1);
    CHECK(output.defined());
    ++seen;
  });
  (void)lstm(ones({2, 1, 3}));
  CHECK(seen == 3);
}

TEST_CASE("an LSTM's gradients are those of finite differences, with dropout, too") {
  manual_seed(8);
  nn::LSTM lstm(2, 3, {.num_layers = 2, .dropout = 0.3, .bidirectional = true, .proj_size = 2, .dtype = float64});
  const Tensor input = randn({3, 2, 2}, float64);
  CHECK(autograd::gradcheck(
      [&](const Tensor& x) {
        manual_seed(9);
        return lstm(x).first.square().sum();
      },
      {input}));
}

TEST_CASE("one tensor may be both states of an LSTM, and its second derivatives count it twice") {
  manual_seed(10);
  const nn::LSTM lstm(2, 2, {.dtype = float64});
  const Tensor x = randn({3, 1, 2}, float64);
  const auto f = [&](const Tensor& state) { return lstm(x, {state, state}).first.square().sum(); };
  const Tensor state = randn({1, 1, 2}, {.dtype = float64, .requires_grad = true});
  CHECK(autograd::gradcheck(f, {state}));
  CHECK(autograd::gradgradcheck(f, {state}));
}

TEST_CASE("an LSTM's bits do not depend on the number of threads") {
  manual_seed(11);
  nn::LSTM lstm(40, 96);
  const Tensor x = randn({5, 37, 40}, {.requires_grad = true});
  const int before = get_num_threads();
  std::map<int, std::vector<float>> found;
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    lstm.zero_grad();
    x.set_grad({});
    const Tensor output = lstm(x).first;
    output.square().sum().backward();
    for (const Tensor& t : {output, x.grad(), lstm.layers[0].weight_ih.grad(), lstm.layers[0].weight_hh.grad(),
                            lstm.layers[0].bias_hh.grad()}) {
      const auto numbers = t.to_vector<float>();
      found[threads].insert(found[threads].end(), numbers.begin(), numbers.end());
    }
  }
  set_num_threads(before);
  CHECK(found[1] == found[2]);
  CHECK(found[1] == found[3]);
}
