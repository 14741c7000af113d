#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "taper/nn/container.h"
#include "taper/nn/module.h"

namespace taper::nn {

/// The state of an LSTM: h and c, both undefined for zeros.
using LSTMState = std::pair<Tensor, Tensor>;

/// Keywords of LSTM, in PyTorch's order.
struct LSTMOptions {
  std::int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;         ///< input and output are [batch, seq, ...]; states are not
  double dropout = 0;               ///< on the output of each layer but the last, in training
  bool bidirectional = false;       ///< a second run from the last step to the first, its output beside the first's
  std::int64_t proj_size = 0;       ///< where above 0, h is projected to this width
  std::string_view device = "cpu";  ///< "cpu"; anything else is a ValueError
  std::optional<DType> dtype{};     ///< float32 or float64; float32 where empty
};

/// The weights of one layer of an LSTM in one direction; gates stand in the order input, forget, cell, output.
struct LSTMLayer {
  Parameter weight_ih;  ///< [4 hidden_size, features]
  Parameter weight_hh;  ///< [4 hidden_size, width of h]
  Parameter bias_ih;    ///< [4 hidden_size], or undefined
  Parameter bias_hh;    ///< [4 hidden_size], or undefined
  Parameter weight_hr;  ///< [proj_size, hidden_size], or undefined
};

/// Long short-term memory over a sequence (torch.nn.LSTM):
///
///     nn::LSTM lstm(8, 16, {.num_layers = 2});
///     auto [output, state] = lstm(x);        // x [seq, batch, 8]: output [seq, batch, 16], state (h, c)
///     auto [more, last] = lstm(y, state);    // goes on from there
///
/// h is [num_layers * directions, batch, width], with width = proj_size or hidden_size, and c [.., .., hidden_size];
/// output is [seq, batch, directions * width]. An input without a batch, [seq, input_size], gives all of them without
/// one. Drawn uniformly, as PyTorch draws it, and named as PyTorch names it: "weight_ih_l0", "bias_hh_l1_reverse".
/// ValueError for sizes, dropout or proj_size out of range; a warning for dropout with one layer.
struct LSTM : Module {
  std::int64_t input_size;
  std::int64_t hidden_size;
  std::int64_t num_layers;
  bool bias;
  bool batch_first;
  double dropout;
  bool bidirectional;
  std::int64_t proj_size;
  detail::Elements<LSTMLayer> layers;  ///< layer by layer, each direction of it

  LSTM(std::int64_t input_size, std::int64_t hidden_size, const LSTMOptions& options = {});

  /// Draws all weights anew.
  void reset_parameters();
  std::pair<Tensor, LSTMState> forward(const Tensor& x, const LSTMState& state = {}) const;
  /// forward with its hooks; the state may stand in braces: `lstm(x, {h, c})`.
  std::pair<Tensor, LSTMState> operator()(const Tensor& x, const LSTMState& state = {}) const {
    return detail::call(*this, x, state);
  }
  std::string extra_repr() const override;
  void taper_module_members(detail::MemberList& list) const override;
  std::string_view taper_module_name() const override { return "LSTM"; }
};

/// Keywords of LSTMCell, in PyTorch's order.
struct LSTMCellOptions {
  bool bias = true;
  std::string_view device = "cpu";  ///< "cpu"; anything else is a ValueError
  std::optional<DType> dtype{};     ///< float32 or float64; float32 where empty
};

/// One step of an LSTM (torch.nn.LSTMCell): from [batch, input_size] and a state of [batch, hidden_size] each to the
/// next state, all with or all without the batch.
struct LSTMCell : Module {
  std::int64_t input_size;
  std::int64_t hidden_size;
  Parameter weight_ih;  ///< [4 hidden_size, input_size]
  Parameter weight_hh;  ///< [4 hidden_size, hidden_size]
  Parameter bias_ih;    ///< [4 hidden_size], or undefined
  Parameter bias_hh;    ///< [4 hidden_size], or undefined

  LSTMCell(std::int64_t input_size, std::int64_t hidden_size, const LSTMCellOptions& options = {});

  /// Draws all weights anew.
  void reset_parameters();
  LSTMState forward(const Tensor& x, const LSTMState& state = {}) const;
  std::string extra_repr() const override;
  TAPER_MODULE(weight_ih, weight_hh, bias_ih, bias_hh)
  /// forward with its hooks; the state may stand in braces: `cell(x, {h, c})`.
  LSTMState operator()(const Tensor& x, const LSTMState& state = {}) const { return detail::call(*this, x, state); }
};

}  // namespace taper::nn
