#pragma once

#include <concepts>
#include <vector>

#include "taper/tensor/tensor.h"

/// What is done to the gradients of many parameters at once (torch.nn.utils). Parameters without a gradient are passed
/// over; gradients change in place, sparse ones too.
namespace taper::nn::utils {

/// Keywords of clip_grad_norm_, in PyTorch's order.
struct ClipGradNormOptions {
  double norm_type = 2.0;           ///< the p of the norm; infinity for the largest absolute value
  bool error_if_nonfinite = false;  ///< NumericError, and nothing changed, where the norm is NaN or infinite
};

/// Scales all gradients, seen as one vector, down to the norm `max_norm` if theirs is larger. Returns their norm
/// before, 0-d.
Tensor clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, ClipGradNormOptions options = {});
template <std::derived_from<Tensor> T>
Tensor clip_grad_norm_(const T& parameter, double max_norm, ClipGradNormOptions options = {}) {
  return clip_grad_norm_(std::vector<Tensor>{parameter}, max_norm, options);
}

/// Brings each number of each gradient into [-clip_value, clip_value]. ValueError for a negative clip_value.
void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value);
template <std::derived_from<Tensor> T>
void clip_grad_value_(const T& parameter, double clip_value) {
  clip_grad_value_(std::vector<Tensor>{parameter}, clip_value);
}

}  // namespace taper::nn::utils
