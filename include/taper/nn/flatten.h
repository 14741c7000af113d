#pragma once

#include <cstdint>
#include <string>

#include "taper/nn/module.h"

namespace taper::nn {

/// Keywords of Flatten, in PyTorch's order.
struct FlattenOptions {
  std::int64_t start_dim = 1;
  std::int64_t end_dim = -1;
};

/// Makes one dimension of those from start_dim to end_dim (torch.nn.Flatten).
struct Flatten : Module {
  std::int64_t start_dim;
  std::int64_t end_dim;

  explicit Flatten(std::int64_t start = 1, std::int64_t end = -1) : start_dim(start), end_dim(end) {}
  explicit Flatten(FlattenOptions options) : Flatten(options.start_dim, options.end_dim) {}

  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

/// Passes its input on (torch.nn.Identity).
struct Identity : Module {
  Tensor forward(const Tensor& x) const { return x; }
  TAPER_MODULE()
};

}  // namespace taper::nn
