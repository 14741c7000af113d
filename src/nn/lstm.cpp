#include "taper/nn/lstm.h"

#include <fmt/format.h>

#include <cmath>
#include <tuple>
#include <utility>

#include "nn/text.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/nn/init.h"
#include "taper/ops/create.h"
#include "taper/ops/lstm.h"
#include "taper/ops/shape.h"

namespace taper::nn {
namespace {

void check_sizes(const char* who, std::int64_t input_size, std::int64_t hidden_size, std::string_view device) {
  detail::check_size(who, "input_size", input_size);
  detail::check_size(who, "hidden_size", hidden_size);
  detail::check_device(who, device);
}

void check(const LSTM& lstm, std::string_view device) {
  check_sizes("LSTM", lstm.input_size, lstm.hidden_size, device);
  if (lstm.num_layers < 1)
    throw ValueError(fmt::format("LSTM: num_layers is {}; there must be at least 1", lstm.num_layers));
  if (!(lstm.dropout >= 0 && lstm.dropout <= 1))
    throw ValueError(
        fmt::format("LSTM: dropout should be a number in range [0, 1] representing the probability of an element being "
                    "zeroed, but got {}",
                    detail::python_float(lstm.dropout)));
  if (lstm.proj_size < 0)
    throw ValueError(fmt::format(
        "LSTM: proj_size should be a positive integer or zero to disable projections, but got {}", lstm.proj_size));
  if (lstm.proj_size > 0 && lstm.proj_size >= lstm.hidden_size)
    throw ValueError(fmt::format("LSTM: proj_size has to be smaller than hidden_size, but got {} and {}",
                                 lstm.proj_size, lstm.hidden_size));
  if (lstm.dropout > 0 && lstm.num_layers == 1)
    warn(
        fmt::format("LSTM: dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                    "num_layers greater than 1, but got dropout={} and num_layers=1",
                    detail::python_float(lstm.dropout)));
}

// PyTorch draws every weight of a recurrent module so, matrices and biases alike.
void draw(const Module& module, std::int64_t hidden_size) {
  const double bound = hidden_size > 0 ? 1 / std::sqrt(static_cast<double>(hidden_size)) : 0;
  for (Tensor& weight : module.parameters()) init::uniform_(weight, -bound, bound);
}

}  // namespace

LSTM::LSTM(std::int64_t in, std::int64_t hidden, const LSTMOptions& options)
    : input_size(in),
      hidden_size(hidden),
      num_layers(options.num_layers),
      bias(options.bias),
      batch_first(options.batch_first),
      dropout(options.dropout),
      bidirectional(options.bidirectional),
      proj_size(options.proj_size) {
  check(*this, options.device);
  const DType dtype = options.dtype.value_or(float32);
  const std::int64_t width = proj_size > 0 ? proj_size : hidden_size;
  const std::int64_t directions = bidirectional ? 2 : 1;
  for (std::int64_t i = 0; i < num_layers * directions; ++i) {
    const std::int64_t features = i < directions ? input_size : directions * width;
    layers.push_back({Parameter(empty({4 * hidden_size, features}, dtype)),
                      Parameter(empty({4 * hidden_size, width}, dtype)),
                      bias ? Parameter(empty({4 * hidden_size}, dtype)) : Parameter(),
                      bias ? Parameter(empty({4 * hidden_size}, dtype)) : Parameter(),
                      proj_size > 0 ? Parameter(empty({proj_size, hidden_size}, dtype)) : Parameter()});
  }
  reset_parameters();
}

void LSTM::reset_parameters() { draw(*this, hidden_size); }

std::pair<Tensor, LSTMState> LSTM::forward(const Tensor& x, const LSTMState& state) const {
  if (x.dim() != 2 && x.dim() != 3)
    throw ShapeError(
        fmt::format("LSTM: input must have 3 dimensions, or 2 without a batch, got {} of shape {}; "
                    "[{}, {}] is right",
                    x.dim(), to_string(x.shape()), batch_first ? "batch, seq" : "seq, batch", input_size));
  if (x.size(-1) != input_size)
    throw ShapeError(
        fmt::format("LSTM: input.size(-1) must be equal to input_size. Expected {}, got {} in an input of shape {}",
                    input_size, x.size(-1), to_string(x.shape())));
  const bool batched = x.dim() == 3;
  for (const Tensor* part : {&state.first, &state.second})
    if (part->defined() && part->dim() != x.dim())
      throw ShapeError(fmt::format(
          "LSTM: for {}-D input, h and c should also be {}-D but got a tensor of shape {}; {} is right", x.dim(),
          x.dim(), to_string(part->shape()), batched ? "[layers, batch, size]" : "[layers, size]"));
  std::vector<Tensor> weights;
  for (const LSTMLayer& layer : layers)
    for (const Parameter* weight :
         {&layer.weight_ih, &layer.weight_hh, &layer.bias_ih, &layer.bias_hh, &layer.weight_hr})
      if (weight->defined()) weights.push_back(*weight);
  const int batch = batch_first ? 0 : 1;
  const auto with_batch = [&](const Tensor& part) { return batched || !part.defined() ? part : part.unsqueeze(1); };
  auto [output, h, c] =
      taper::lstm(batched ? x : x.unsqueeze(batch), {with_batch(state.first), with_batch(state.second)}, weights, bias,
                  num_layers, dropout, training, bidirectional, batch_first);
  if (batched) return {std::move(output), std::pair(std::move(h), std::move(c))};
  return {output.squeeze(batch), {h.squeeze(1), c.squeeze(1)}};
}

std::string LSTM::extra_repr() const {
  std::string text = fmt::format("{}, {}", input_size, hidden_size);
  if (proj_size != 0) text += fmt::format(", proj_size={}", proj_size);
  if (num_layers != 1) text += fmt::format(", num_layers={}", num_layers);
  if (!bias) text += ", bias=False";
  if (batch_first) text += ", batch_first=True";
  if (dropout != 0) text += fmt::format(", dropout={}", detail::python_float(dropout));
  if (bidirectional) text += ", bidirectional=True";
  return text;
}

void LSTM::taper_module_members(detail::MemberList& list) const {
  const std::size_t directions = bidirectional ? 2 : 1;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string suffix = fmt::format("_l{}{}", i / directions, i % directions == 1 ? "_reverse" : "");
    list.add("weight_ih" + suffix, layers[i].weight_ih);
    list.add("weight_hh" + suffix, layers[i].weight_hh);
    list.add("bias_ih" + suffix, layers[i].bias_ih);
    list.add("bias_hh" + suffix, layers[i].bias_hh);
    list.add("weight_hr" + suffix, layers[i].weight_hr);
  }
}

LSTMCell::LSTMCell(std::int64_t in, std::int64_t hidden, const LSTMCellOptions& options)
    : input_size(in), hidden_size(hidden) {
  check_sizes("LSTMCell", in, hidden, options.device);
  const DType dtype = options.dtype.value_or(float32);
  detail::rebind(weight_ih, Parameter(empty({4 * hidden, in}, dtype)));
  detail::rebind(weight_hh, Parameter(empty({4 * hidden, hidden}, dtype)));
  if (options.bias) {
    detail::rebind(bias_ih, Parameter(empty({4 * hidden}, dtype)));
    detail::rebind(bias_hh, Parameter(empty({4 * hidden}, dtype)));
  }
  reset_parameters();
}

void LSTMCell::reset_parameters() { draw(*this, hidden_size); }

LSTMState LSTMCell::forward(const Tensor& x, const LSTMState& state) const {
  if (x.dim() != 1 && x.dim() != 2)
    throw ShapeError(
        fmt::format("LSTMCell: Expected input to be 1-D or 2-D but received {}-D tensor of shape {}; [batch, {}] is "
                    "right",
                    x.dim(), to_string(x.shape()), input_size));
  if (x.dim() == 2) return taper::lstm_cell(x, state, weight_ih, weight_hh, bias_ih, bias_hh);
  const auto with_batch = [](const Tensor& part) { return part.defined() ? part.unsqueeze(0) : part; };
  auto [h, c] = taper::lstm_cell(x.unsqueeze(0), {with_batch(state.first), with_batch(state.second)}, weight_ih,
                                 weight_hh, bias_ih, bias_hh);
  return {h.squeeze(0), c.squeeze(0)};
}

std::string LSTMCell::extra_repr() const {
  return fmt::format("{}, {}{}", input_size, hidden_size, bias_ih.defined() ? "" : ", bias=False");
}

}  // namespace taper::nn
