#include "taper/ops/lstm.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>

#include "kernels/blas.h"
#include "kernels/lstm.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/dropout.h"
#include "taper/ops/matmul.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

using detail::dense;
using detail::make_tensor;
using State = std::pair<Tensor, Tensor>;  // h and c

// The inputs of a layer in one direction.
enum Input : int { x_in, h0_in, c0_in, w_ih_in, w_hh_in, b_ih_in, b_hh_in, w_hr_in, inputs };
using Inputs = std::vector<Tensor>;

// Its results.
enum Result : std::size_t { output_out, h_out, c_out, results };
using Results = std::array<Tensor, results>;

void check_floating(const char* op, const Tensor& input) {
  if (!is_floating_point(input.dtype()))
    throw TypeError(fmt::format("{}: input must be floating-point, got {}", op, name(input.dtype())));
}

// That an operand is there, of the input's dtype and of this shape.
void check_operand(const char* op, const char* what, const Tensor& given, const Shape& shape, DType dtype) {
  if (!given.defined())
    throw ValueError(fmt::format("{}: {} is undefined; shape {} is needed", op, what, to_string(shape)));
  if (given.shape() != shape)
    throw ShapeError(
        fmt::format("{}: {} has shape {} where {} is needed", op, what, to_string(given.shape()), to_string(shape)));
  if (given.dtype() != dtype)
    throw TypeError(fmt::format("{}: {} of {} for an input of {}; they must be the same", op, what, name(given.dtype()),
                                name(dtype)));
}

void check_state(const char* op, const State& state, const Shape& h, const Shape& c, DType dtype) {
  if (!state.first.defined() && !state.second.defined()) return;
  check_operand(op, "hidden[0]", state.first, h, dtype);
  check_operand(op, "hidden[1]", state.second, c, dtype);
}

kernels::LstmShape shape_of(const Tensor& x, const Tensor& w_hh, bool reverse) {
  return {x.size(0), x.size(1), x.size(2), w_hh.size(0) / 4, w_hh.size(1), reverse};
}

// From the two products of a step to the next state, in PyTorch's order of operations.
State next_state(const Tensor& from_h, const Tensor& from_x, const Tensor& c) {
  const std::vector<Tensor> gates = chunk(from_h + from_x, 4, 1);
  Tensor cells = sigmoid(gates[1]) * c + sigmoid(gates[0]) * tanh(gates[2]);
  Tensor hidden = sigmoid(gates[3]) * tanh(cells);
  return {std::move(hidden), std::move(cells)};
}

// A layer in plain operations, for gradients that are themselves recorded.
Results plain_layer(const Inputs& in, bool reverse) {
  const std::int64_t steps = in[x_in].size(0);
  const std::int64_t batch = in[x_in].size(1);
  const std::vector<Tensor> from_x = unbind(linear(in[x_in], in[w_ih_in], in[b_ih_in]));
  Tensor h = in[h0_in].defined() ? in[h0_in] : zeros({batch, in[w_hh_in].size(1)}, in[x_in].dtype());
  Tensor c = in[c0_in].defined() ? in[c0_in] : zeros({batch, in[w_hh_in].size(0) / 4}, in[x_in].dtype());
  std::vector<Tensor> outputs(static_cast<std::size_t>(steps));
  for (std::int64_t i = 0; i < steps; ++i) {
    const auto at = static_cast<std::size_t>(reverse ? steps - 1 - i : i);
    State next = next_state(linear(h, in[w_hh_in], in[b_hh_in]), from_x[at], c);
    h = in[w_hr_in].defined() ? linear(next.first, in[w_hr_in]) : std::move(next.first);
    c = std::move(next.second);
    outputs[at] = h;
  }
  return {stack(outputs), h, c};
}

void send_recorded(Grads& dx, const Results& g, const Inputs& in, bool reverse) {
  Inputs own = in;  // under names of their own, since one tensor may be two inputs
  std::vector<Tensor> wanted;
  for (int i = 0; i < inputs; ++i) {
    if (!dx.wants(i)) continue;
    Tensor& input = own[static_cast<std::size_t>(i)];
    input = input.view(input.shape());
    wanted.push_back(input);
  }
  const Results again = plain_layer(own, reverse);
  std::vector<Tensor> roots;
  std::vector<Tensor> cotangents;
  for (std::size_t i = 0; i < results; ++i) {
    if (!g[i].defined()) continue;
    roots.push_back(again[i]);
    cotangents.push_back(g[i]);
  }
  const std::vector<Tensor> gradients =
      autograd::grad(roots, wanted, {.grad_outputs = cotangents, .create_graph = true, .allow_unused = true});
  std::size_t next = 0;
  for (int i = 0; i < inputs; ++i)
    if (dx.wants(i)) dx.add(i, gradients[next++]);
}

// What a layer keeps for backward besides its inputs and its output.
struct Kept {
  Tensor gates;   // [steps, batch, 4 hidden]
  Tensor cells;   // [steps, batch, hidden]
  Tensor hidden;  // [steps, batch, hidden], before the projection
};

// a^T b of matrices of T that lie row by row.
template <class T>
void transposed_product(std::int64_t rows, const T* a, std::int64_t m, const T* b, std::int64_t n, T beta, T* out) {
  kernels::gemm<T>({m, n, rows, 1, {a, 1, m}, {b, n, 1}, beta, {out, n, 1}, out, n});
}

// The gradient of weight_hh: each step's gates with the output of the step before.
template <class T>
Tensor recurrent_gradient(const kernels::LstmShape& s, const Tensor& d_gates, const Tensor& output, const Tensor& h0) {
  const std::int64_t wide = 4 * s.hidden;
  const std::int64_t later = (s.steps - 1) * s.batch;  // the rows of all steps but one
  Tensor out = make_tensor({wide, s.output}, output.dtype());
  const T* from = d_gates.data<T>();
  const T* before = output.data<T>();
  transposed_product(later, from + (s.reverse ? 0 : s.batch * wide), wide,
                     before + (s.reverse ? s.batch * s.output : 0), s.output, T{0}, out.data<T>());
  if (h0.defined())
    transposed_product(s.batch, from + (s.reverse ? later * wide : 0), wide, dense(h0).data<T>(), s.output, T{1},
                       out.data<T>());
  return out;
}

template <class T>
void send_fused(Grads& dx, const Results& g, const Inputs& in, const Kept& kept, const Tensor& output, bool reverse) {
  const kernels::LstmShape s = shape_of(in[x_in], in[w_hh_in], reverse);
  const DType dtype = output.dtype();
  const std::int64_t rows = s.steps * s.batch;
  const std::int64_t wide = 4 * s.hidden;
  const std::int64_t features = in[x_in].size(2);
  const auto dense_or_none = [](const Tensor& x) { return x.defined() ? dense(x) : x; };
  const Tensor w_hr = dense_or_none(in[w_hr_in]);
  const Tensor c0 = in[c0_in].defined() ? dense(in[c0_in]) : zeros({s.batch, s.hidden}, dtype);
  const Tensor w_hh = dense(in[w_hh_in]);
  const Tensor d_output = dense_or_none(g[output_out]);
  const Tensor d_h = dense_or_none(g[h_out]);
  const Tensor d_gates = make_tensor({s.steps, s.batch, wide}, dtype);
  const Tensor d_projected = w_hr.defined() ? make_tensor(output.shape(), dtype) : Tensor();
  Tensor d_h0 = dx.wants(h0_in) ? make_tensor({s.batch, s.output}, dtype) : Tensor();
  Tensor d_c = zeros({s.batch, s.hidden}, dtype);
  if (g[c_out].defined()) detail::copy_raw(d_c, g[c_out]);
  const auto place = [](const Tensor& x) { return x.defined() ? x.data<T>() : nullptr; };
  kernels::lstm_backward<T>(
      s, {w_hh.data<T>(), detail::numbers_or_null<T>(w_hr), c0.data<T>(), kept.gates.data<T>(), kept.cells.data<T>(),
          detail::numbers_or_null<T>(d_output), detail::numbers_or_null<T>(d_h), d_gates.data<T>(), place(d_projected),
          place(d_h0), d_c.data<T>()});
  dx.add(h0_in, std::move(d_h0));
  if (dx.wants(c0_in)) dx.add(c0_in, std::move(d_c));
  const Tensor flat = d_gates.view({rows, wide});
  if (dx.wants(x_in)) dx.add(x_in, flat.mm(in[w_ih_in]).view({s.steps, s.batch, features}));
  if (dx.wants(w_ih_in)) dx.add(w_ih_in, flat.t().mm(in[x_in].reshape({rows, features})));
  if (dx.wants(w_hh_in)) dx.add(w_hh_in, recurrent_gradient<T>(s, d_gates, output, in[h0_in]));
  if (dx.wants(b_ih_in) || dx.wants(b_hh_in)) {
    const Tensor d_bias = flat.sum(0);
    dx.add(b_ih_in, d_bias);
    dx.add(b_hh_in, d_bias);
  }
  if (dx.wants(w_hr_in)) dx.add(w_hr_in, d_projected.view({rows, s.output}).t().mm(kept.hidden.view({rows, s.hidden})));
}

void send(Grads& dx, const Results& g, const Inputs& in, const Kept& kept, const Tensor& output, bool reverse) {
  if (dx.recording()) return send_recorded(dx, g, in, reverse);
  detail::dispatch_floating(output.dtype(),
                            [&](auto zero) { send_fused<decltype(zero)>(dx, g, in, kept, output, reverse); });
}

// One layer in one direction.
Results layer(const Inputs& in, bool reverse) {
  const Tensor& x = in[x_in];
  const DType dtype = x.dtype();
  const kernels::LstmShape s = shape_of(x, in[w_hh_in], reverse);
  Kept kept;
  Results out;
  {
    const NoGradGuard no_grad;
    const Tensor from = dense(x);
    const Tensor w_ih = dense(in[w_ih_in]);
    kept.gates = make_tensor({s.steps, s.batch, 4 * s.hidden}, dtype);
    kept.cells = make_tensor({s.steps, s.batch, s.hidden}, dtype);
    out[output_out] = make_tensor({s.steps, s.batch, s.output}, dtype);
    const Tensor w_hr = in[w_hr_in].defined() ? dense(in[w_hr_in]) : Tensor();
    kept.hidden = w_hr.defined() ? make_tensor(kept.cells.shape(), dtype) : out[output_out];
    const Tensor bias = in[b_ih_in].defined() ? (in[b_ih_in] + in[b_hh_in]).contiguous() : zeros({4 * s.hidden}, dtype);
    const Tensor h0 = in[h0_in].defined() ? dense(in[h0_in]) : Tensor();
    const Tensor c0 = in[c0_in].defined() ? dense(in[c0_in]) : zeros({s.batch, s.hidden}, dtype);
    const Tensor w_hh = dense(in[w_hh_in]);
    detail::dispatch_floating(dtype, [&](auto zero) {
      using T = decltype(zero);
      kernels::lstm_forward<T>(s, {from.data<T>(), w_ih.data<T>(), w_hh.data<T>(), detail::numbers_or_null<T>(w_hr),
                                   bias.data<T>(), detail::numbers_or_null<T>(h0), c0.data<T>(), kept.gates.data<T>(),
                                   kept.cells.data<T>(), kept.hidden.data<T>(), out[output_out].data<T>()});
    });
    const std::int64_t last = reverse ? 0 : s.steps - 1;
    out[h_out] = out[output_out].select(0, last).clone();
    out[c_out] = kept.cells.select(0, last).clone();
  }
  return record_all("StackBackward0", out,
                    {in[x_in], in[h0_in], in[c0_in], in[w_ih_in], in[w_hh_in], in[b_ih_in], in[b_hh_in], in[w_hr_in]},
                    saved(in, kept.gates, kept.cells, kept.hidden, out[output_out], reverse),
                    [](Grads& dx, const Results& g, const Inputs& from, const Tensor& gates, const Tensor& cells,
                       const Tensor& hidden, const Tensor& output, bool backwards) {
                      send(dx, g, from, {gates, cells, hidden}, output, backwards);
                    });
}

// What the arguments of lstm come to.
struct Layers {
  std::int64_t layers;
  std::int64_t directions;
  std::size_t per_layer;  // weights of one layer in one direction
  bool biases;
  std::int64_t steps;
  std::int64_t batch;
  std::int64_t hidden;
  std::int64_t width;  // of the state

  bool projects() const { return per_layer == (biases ? 5U : 3U); }
  std::size_t first(std::int64_t number) const { return static_cast<std::size_t>(number) * per_layer; }
};

Layers checked(const Tensor& input, const State& hx, const std::vector<Tensor>& params, bool biases,
               std::int64_t layers, bool bidirectional, bool batch_first) {
  constexpr const char* op = "lstm";
  check_floating(op, input);
  if (input.dim() != 3)
    throw ShapeError(fmt::format("{}: input must have 3 dimensions, got {} of shape {}; {} is right", op, input.dim(),
                                 to_string(input.shape()),
                                 batch_first ? "[batch, seq, features]" : "[seq, batch, features]"));
  if (layers < 1) throw ValueError(fmt::format("{}: num_layers is {}; there must be at least 1", op, layers));
  Layers call{layers,
              bidirectional ? 2 : 1,
              biases ? 4U : 2U,
              biases,
              input.size(batch_first ? 1 : 0),
              input.size(batch_first ? 0 : 1),
              0,
              0};
  const auto runs = static_cast<std::size_t>(layers * call.directions);
  if (params.size() == runs * (call.per_layer + 1)) ++call.per_layer;
  if (params.size() != runs * call.per_layer)
    throw ValueError(
        fmt::format("{}: {} params for {} layers in {} directions; {} for each are needed, or {} with a projection", op,
                    params.size(), layers, call.directions, call.per_layer, call.per_layer + 1));
  if (call.steps == 0)
    throw ShapeError(
        fmt::format("{}: input has shape {}; the sequence needs at least one step", op, to_string(input.shape())));
  if (params[1].dim() != 2 || params[1].size(0) % 4 != 0)
    throw ShapeError(
        fmt::format("{}: weight_hh has shape {}; [4 * hidden, width] is needed", op, to_string(params[1].shape())));
  call.hidden = params[1].size(0) / 4;
  call.width = params[1].size(1);
  for (std::size_t i = 0; i < runs; ++i) {
    const std::int64_t features =
        i < static_cast<std::size_t>(call.directions) ? input.size(2) : call.directions * call.width;
    const Tensor* w = &params[i * call.per_layer];
    check_operand(op, "weight_ih", w[0], {4 * call.hidden, features}, input.dtype());
    check_operand(op, "weight_hh", w[1], {4 * call.hidden, call.width}, input.dtype());
    if (biases) check_operand(op, "bias_ih", w[2], {4 * call.hidden}, input.dtype());
    if (biases) check_operand(op, "bias_hh", w[3], {4 * call.hidden}, input.dtype());
    if (call.projects())
      check_operand(op, "weight_hr", w[call.per_layer - 1], {call.width, call.hidden}, input.dtype());
  }
  if (!call.projects() && call.width != call.hidden)
    throw ShapeError(fmt::format("{}: weight_hh has shape {}; without weight_hr {} is needed", op,
                                 to_string(params[1].shape()), to_string(Shape{4 * call.hidden, call.hidden})));
  const auto count = static_cast<std::int64_t>(runs);
  check_state(op, hx, {count, call.batch, call.width}, {count, call.batch, call.hidden}, input.dtype());
  return call;
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, const std::pair<Tensor, Tensor>& hx,
                                        const std::vector<Tensor>& params, bool has_biases, std::int64_t num_layers,
                                        double dropout, bool train, bool bidirectional, bool batch_first) {
  if (!(dropout >= 0 && dropout <= 1))
    throw ValueError(fmt::format("lstm: dropout has to be between 0 and 1, but got {}", dropout));
  const Layers call = checked(input, hx, params, has_biases, num_layers, bidirectional, batch_first);
  Tensor x = batch_first ? input.transpose(0, 1) : input;
  std::vector<Tensor> h;
  std::vector<Tensor> c;
  for (std::int64_t l = 0; l < num_layers; ++l) {
    std::vector<Tensor> sides;
    for (std::int64_t d = 0; d < call.directions; ++d) {
      const std::int64_t number = l * call.directions + d;
      const Tensor* w = &params[call.first(number)];
      Inputs in(inputs);
      in[x_in] = x;
      if (hx.first.defined()) in[h0_in] = hx.first.select(0, number), in[c0_in] = hx.second.select(0, number);
      in[w_ih_in] = w[0], in[w_hh_in] = w[1];
      if (has_biases) in[b_ih_in] = w[2], in[b_hh_in] = w[3];
      if (call.projects()) in[w_hr_in] = w[call.per_layer - 1];
      Results result = layer(in, d == 1);
      sides.push_back(std::move(result[output_out]));
      h.push_back(std::move(result[h_out]));
      c.push_back(std::move(result[c_out]));
    }
    x = bidirectional ? cat(sides, 2) : sides[0];
    if (l + 1 < num_layers) x = taper::dropout(x, dropout, train);
  }
  return {batch_first ? x.transpose(0, 1) : x, stack(h), stack(c)};
}

std::pair<Tensor, Tensor> lstm_cell(const Tensor& input, const std::pair<Tensor, Tensor>& hx, const Tensor& w_ih,
                                    const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh) {
  constexpr const char* op = "lstm_cell";
  check_floating(op, input);
  const DType dtype = input.dtype();
  if (input.dim() != 2)
    throw ShapeError(fmt::format("{}: input has shape {}; [batch, features] is right", op, to_string(input.shape())));
  if (w_hh.dim() != 2 || w_hh.size(0) != 4 * w_hh.size(1))
    throw ShapeError(
        fmt::format("{}: weight_hh has shape {}; [4 * hidden, hidden] is needed", op, to_string(w_hh.shape())));
  const std::int64_t hidden = w_hh.size(1);
  check_operand(op, "weight_ih", w_ih, {4 * hidden, input.size(1)}, dtype);
  check_operand(op, "weight_hh", w_hh, {4 * hidden, hidden}, dtype);
  if (b_ih.defined()) check_operand(op, "bias_ih", b_ih, {4 * hidden}, dtype);
  if (b_hh.defined()) check_operand(op, "bias_hh", b_hh, {4 * hidden}, dtype);
  const Shape state{input.size(0), hidden};
  check_state(op, hx, state, state, dtype);
  const Tensor h = hx.first.defined() ? hx.first : zeros(state, dtype);
  const Tensor c = hx.second.defined() ? hx.second : h;
  return next_state(linear(h, w_hh, b_hh), linear(input, w_ih, b_ih), c);
}

}  // namespace taper
