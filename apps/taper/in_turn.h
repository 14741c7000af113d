#pragma once

#include <taper/taper.h>

namespace taper_program {

/// The binary cross-entropy of the scores of centers [..., R, D] with others [..., C, D], summed; its gradients are as
/// if the R centers were learnt from one after the other. Each meets the others as gradient descent at `rate` on the
/// centers before it leaves them, and learns less where these have learnt the same: at the same weights neighbours in a
/// text all pull the words that they share, and overshoot. The others move by multiples of the centers, so what a score
/// has become follows from the products of the centers with each other, and one step is worth R. (A word that is there
/// twice counts as two.) Targets and weights are [..., R, C]; all is float32 and contiguous.
struct InTurn : taper::autograd::Function<InTurn> {
  static taper::Tensor forward(Context& ctx, const taper::Tensor& centers, const taper::Tensor& others,
                               const taper::Tensor& targets, const taper::Tensor& weights, double rate);
  static std::vector<taper::Tensor> backward(Context& ctx, const taper::Tensor& grad);
  static constexpr bool once_differentiable = true;
};

}  // namespace taper_program
