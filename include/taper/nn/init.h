#pragma once

#include <optional>
#include <string_view>

#include "taper/tensor/tensor.h"

/// Filling tensors with their first numbers (torch.nn.init), drawn as PyTorch draws them. Each function writes in
/// place, off the tape, and returns the tensor. Fans are those of a weight [out, in, ...]: fan_in = in * ..., fan_out =
/// out * ...; ValueError for fewer than two dimensions.
namespace taper::nn::init {

/// Keywords of kaiming_uniform_ and kaiming_normal_, in PyTorch's order.
struct KaimingOptions {
  double a = 0.0;                                ///< slope of a leaky_relu's negative part
  std::string_view mode = "fan_in";              ///< or "fan_out", in letters of any case
  std::string_view nonlinearity = "leaky_relu";  ///< as for calculate_gain
};

/// By how much a layer's nonlinearity shrinks: 1 for "linear", "sigmoid" and "conv1d" and its like, 5/3 for "tanh",
/// sqrt(2) for "relu", 3/4 for "selu", sqrt(2 / (1 + slope^2)) for "leaky_relu" with `param` as slope (0.01).
/// ValueError for others.
double calculate_gain(std::string_view nonlinearity, std::optional<double> param = {});

Tensor uniform_(Tensor tensor, double a = 0.0, double b = 1.0);
Tensor normal_(Tensor tensor, double mean = 0.0, double std = 1.0);
Tensor constant_(Tensor tensor, Scalar value);
Tensor zeros_(Tensor tensor);
Tensor ones_(Tensor tensor);
/// ValueError unless it is a matrix.
Tensor eye_(Tensor tensor);
/// A (semi-)orthogonal matrix [size(0), numel / size(0)] times gain: its rows, or its columns where they are fewer, are
/// orthogonal and of length gain. ValueError for fewer than two dimensions.
Tensor orthogonal_(Tensor tensor, double gain = 1.0);
/// Normal numbers of which only those within [a, b] are drawn. Warns where mean lies more than two std outside [a, b].
/// ValueError unless std > 0 and a <= b.
Tensor trunc_normal_(Tensor tensor, double mean = 0.0, double std = 1.0, double a = -2.0, double b = 2.0);
/// Normal numbers of mean 0, and in each column zeros in ceil(sparsity rows) random places. ValueError unless it is a
/// matrix, and for a sparsity outside [0, 1].
Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01);
/// Uniform in [-b, b] with b = gain sqrt(6 / (fan_in + fan_out)).
Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
/// Normal with std = gain sqrt(2 / (fan_in + fan_out)).
Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
/// Uniform in [-b, b] with b = gain sqrt(3 / fan).
Tensor kaiming_uniform_(Tensor tensor, KaimingOptions options = {});
/// Normal with std = gain / sqrt(fan).
Tensor kaiming_normal_(Tensor tensor, KaimingOptions options = {});

}  // namespace taper::nn::init
