#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "taper/nn/module.h"

namespace taper::nn {

/// Keywords of Linear, in PyTorch's order.
struct LinearOptions {
  bool bias = true;
  std::string_view device = "cpu";  ///< "cpu"; anything else is a ValueError
  std::optional<DType> dtype{};     ///< float32 or float64; float32 where empty
};

/// x weight^T + bias (torch.nn.Linear): [..., in_features] gives [..., out_features]. Drawn uniformly, as PyTorch draws
/// it. ValueError for negative sizes.
struct Linear : Module {
  std::int64_t in_features;
  std::int64_t out_features;
  Parameter weight;  ///< [out_features, in_features]
  Parameter bias;    ///< [out_features], or undefined

  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});

  /// Draws weight and bias anew.
  void reset_parameters();
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE(weight, bias)
};

}  // namespace taper::nn
