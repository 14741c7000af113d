#include "taper/nn/init.h"

#include <fmt/format.h>

#include <cmath>

#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"

namespace taper::nn::init {
namespace {

struct Fans {
  double in;
  double out;
};

Fans fans_of(const char* who, const Tensor& tensor) {
  if (tensor.dim() < 2)
    throw ValueError(
        fmt::format("{}: Fan in and fan out can not be computed for tensor with fewer than 2 dimensions; this one "
                    "has shape {}",
                    who, to_string(tensor.shape())));
  std::int64_t field = 1;
  for (int d = 2; d < tensor.dim(); ++d) field *= tensor.size(d);
  return {static_cast<double>(tensor.size(1) * field), static_cast<double>(tensor.size(0) * field)};
}

// The arithmetic below is PyTorch's in its own order, in double: the bound is rounded to the tensor's dtype when it is
// drawn.

double xavier_std(const char* who, const Tensor& tensor, double gain) {
  const Fans fans = fans_of(who, tensor);
  return gain * std::sqrt(2.0 / (fans.in + fans.out));
}

double kaiming_std(const char* who, const Tensor& tensor, const KaimingOptions& options) {
  if (options.mode != "fan_in" && options.mode != "fan_out")
    throw ValueError(
        fmt::format("{}: Mode {} not supported, please use one of ['fan_in', 'fan_out']", who, options.mode));
  const Fans fans = fans_of(who, tensor);
  return calculate_gain(options.nonlinearity, options.a) / std::sqrt(options.mode == "fan_in" ? fans.in : fans.out);
}

}  // namespace

double calculate_gain(std::string_view nonlinearity, std::optional<double> param) {
  for (const std::string_view one :
       {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid"})
    if (nonlinearity == one) return 1.0;
  if (nonlinearity == "tanh") return 5.0 / 3;
  if (nonlinearity == "relu") return std::sqrt(2.0);
  if (nonlinearity == "selu") return 3.0 / 4;
  if (nonlinearity == "leaky_relu") {
    const double slope = param.value_or(0.01);
    return std::sqrt(2.0 / (1 + slope * slope));
  }
  throw ValueError(
      fmt::format("calculate_gain: Unsupported nonlinearity {}; there are linear, conv1d, conv2d, conv3d, "
                  "conv_transpose1d, conv_transpose2d, conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu",
                  nonlinearity));
}

Tensor uniform_(Tensor tensor, double a, double b) {
  const NoGradGuard no_grad;
  tensor.uniform_(a, b);
  return tensor;
}

Tensor normal_(Tensor tensor, double mean, double std) {
  const NoGradGuard no_grad;
  tensor.normal_(mean, std);
  return tensor;
}

Tensor constant_(Tensor tensor, Scalar value) {
  const NoGradGuard no_grad;
  tensor.fill_(value);
  return tensor;
}

Tensor zeros_(Tensor tensor) { return constant_(std::move(tensor), 0); }
Tensor ones_(Tensor tensor) { return constant_(std::move(tensor), 1); }

Tensor eye_(Tensor tensor) {
  if (tensor.dim() != 2)
    throw ValueError(fmt::format("eye_: Only tensors with 2 dimensions are supported; this one has shape {}",
                                 to_string(tensor.shape())));
  const NoGradGuard no_grad;
  tensor.copy_(eye(tensor.size(0), tensor.size(1), {.dtype = tensor.dtype()}));
  return tensor;
}

Tensor xavier_uniform_(Tensor tensor, double gain) {
  const double bound = std::sqrt(3.0) * xavier_std("xavier_uniform_", tensor, gain);
  return tensor.numel() == 0 ? tensor : uniform_(tensor, -bound, bound);
}

Tensor xavier_normal_(Tensor tensor, double gain) {
  const double std = xavier_std("xavier_normal_", tensor, gain);
  return tensor.numel() == 0 ? tensor : normal_(tensor, 0, std);
}

Tensor kaiming_uniform_(Tensor tensor, KaimingOptions options) {
  const double bound = std::sqrt(3.0) * kaiming_std("kaiming_uniform_", tensor, options);
  return tensor.numel() == 0 ? tensor : uniform_(tensor, -bound, bound);
}

Tensor kaiming_normal_(Tensor tensor, KaimingOptions options) {
  const double std = kaiming_std("kaiming_normal_", tensor, options);
  return tensor.numel() == 0 ? tensor : normal_(tensor, 0, std);
}

}  // namespace taper::nn::init
