#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "taper/nn/module.h"

namespace taper::nn {

/// Keywords of LayerNorm, in PyTorch's order.
struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;   ///< whether there are a weight and a bias
  std::string_view device = "cpu";  ///< "cpu"; anything else is a ValueError
  std::optional<DType> dtype{};     ///< float32 or float64; float32 where empty
};

/// Brings the last dimensions, of shape `normalized_shape`, to mean 0 and variance 1, then scales and shifts each
/// element (torch.nn.LayerNorm). ShapeError for an input whose last dimensions are others.
struct LayerNorm : Module {
  Shape normalized_shape;
  double eps;
  bool elementwise_affine;
  Parameter weight;  ///< ones at first; undefined without elementwise_affine
  Parameter bias;    ///< zeros at first; undefined without elementwise_affine

  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::initializer_list<std::int64_t> shape, const LayerNormOptions& options = {})
      : LayerNorm(Shape(shape), options) {}
  explicit LayerNorm(std::int64_t size, const LayerNormOptions& options = {}) : LayerNorm(Shape{size}, options) {}

  /// Sets weight and bias to ones and zeros.
  void reset_parameters();
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE(weight, bias)
};

}  // namespace taper::nn
