#pragma once

#include <string>

#include "taper/nn/module.h"

namespace taper::nn {

/// Keywords of Dropout, in PyTorch's order.
struct DropoutOptions {
  double p = 0.5;
  bool inplace = false;
};

/// In training, zeros each element with probability p and divides the others by 1 - p; passes its input on otherwise
/// (torch.nn.Dropout). ValueError for a p outside [0, 1].
struct Dropout : Module {
  double p;
  bool inplace;

  explicit Dropout(double p = 0.5, bool inplace = false);
  explicit Dropout(DropoutOptions options) : Dropout(options.p, options.inplace) {}

  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

}  // namespace taper::nn
