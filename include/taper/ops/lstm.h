#pragma once

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "taper/tensor/tensor.h"

namespace taper {

/// An LSTM over a sequence (torch.lstm): `input` is [seq, batch, features], or [batch, seq, features] with batch_first.
/// Layer by layer and, with `bidirectional`, direction by direction, `params` holds weight_ih [4 hidden, features],
/// weight_hh [4 hidden, width], with `has_biases` bias_ih and bias_hh [4 hidden], and, where the state is narrower than
/// the cell, weight_hr [width, hidden]; gates stand in the order input, forget, cell, output. `hx` is the initial
/// state, h [layers * directions, batch, width] and c [layers * directions, batch, hidden]; both undefined for zeros.
/// In training (`train`) each layer's output but the last one's goes through dropout. Returns the output [seq, batch,
/// directions * width] and the last h and c. ShapeError where shapes do not fit or there are no steps, TypeError unless
/// all are of one floating-point dtype, ValueError for a dropout outside [0, 1] or another number of params.
std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, const std::pair<Tensor, Tensor>& hx,
                                        const std::vector<Tensor>& params, bool has_biases, std::int64_t num_layers,
                                        double dropout, bool train, bool bidirectional, bool batch_first);

/// One step of one layer (torch.lstm_cell): the next h and c, both [batch, hidden], from `input` [batch, features], the
/// state `hx` (both undefined for zeros), weight_ih [4 hidden, features] and weight_hh [4 hidden, hidden]; the biases
/// [4 hidden] may be undefined. ShapeError and TypeError as lstm.
std::pair<Tensor, Tensor> lstm_cell(const Tensor& input, const std::pair<Tensor, Tensor>& hx, const Tensor& w_ih,
                                    const Tensor& w_hh, const Tensor& b_ih = {}, const Tensor& b_hh = {});

}  // namespace taper
