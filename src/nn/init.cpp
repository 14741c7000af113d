#include "taper/nn/init.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "kernels/orthogonal.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/shape.h"

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
  const auto is = [&](std::string_view mode) {
    return std::ranges::equal(options.mode, mode, {}, [](unsigned char c) { return std::tolower(c); });
  };
  if (!is("fan_in") && !is("fan_out"))
    throw ValueError(
        fmt::format("{}: Mode {} not supported, please use one of ['fan_in', 'fan_out']", who, options.mode));
  const Fans fans = fans_of(who, tensor);
  return calculate_gain(options.nonlinearity, options.a) / std::sqrt(is("fan_in") ? fans.in : fans.out);
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

Tensor orthogonal_(Tensor tensor, double gain) {
  if (tensor.dim() < 2)
    throw ValueError(
        fmt::format("orthogonal_: Only tensors with 2 or more dimensions are supported; this one has shape {}",
                    to_string(tensor.shape())));
  const NoGradGuard no_grad;
  if (tensor.numel() == 0) return tensor;
  const std::int64_t rows = tensor.size(0);
  const std::int64_t columns = tensor.numel() / rows;
  const Tensor drawn = empty({rows, columns}, tensor.dtype()).normal_().to(float64);
  const bool wide = rows < columns;
  Tensor vectors = wide ? drawn : drawn.t().contiguous();
  kernels::orthonormalize(vectors.data<double>(), std::min(rows, columns), std::max(rows, columns));
  tensor.copy_((wide ? vectors : vectors.t()).reshape(tensor.shape()));
  tensor.mul_(gain);
  return tensor;
}

Tensor trunc_normal_(Tensor tensor, double mean, double std, double a, double b) {
  if (!(std > 0)) throw ValueError(fmt::format("trunc_normal_: std {}; std > 0 is needed", std));
  if (!(a <= b)) throw ValueError(fmt::format("trunc_normal_: a {} lies above b {}; a <= b is needed", a, b));
  if (mean < a - 2 * std || mean > b + 2 * std)
    warn(
        fmt::format("trunc_normal_: mean {} is more than 2 std {} from [{}, {}]; the distribution of values may be "
                    "incorrect",
                    mean, std, a, b));
  const auto below = [](double x) { return (1.0 + std::erf(x / std::sqrt(2.0))) / 2.0; };
  const NoGradGuard no_grad;
  tensor.uniform_(2 * below((a - mean) / std) - 1, 2 * below((b - mean) / std) - 1);
  tensor.copy_(erfinv(tensor));
  tensor.mul_(std * std::sqrt(2.0)).add_(mean).clamp_(a, b);
  return tensor;
}

Tensor sparse_(Tensor tensor, double sparsity, double std) {
  if (tensor.dim() != 2)
    throw ValueError(fmt::format("sparse_: Only tensors with 2 dimensions are supported; this one has shape {}",
                                 to_string(tensor.shape())));
  if (!(sparsity >= 0 && sparsity <= 1))
    throw ValueError(fmt::format("sparse_: sparsity {} is outside [0, 1]", sparsity));
  const NoGradGuard no_grad;
  const std::int64_t rows = tensor.size(0);
  const auto zeros = static_cast<std::int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  tensor.normal_(0, std);
  for (std::int64_t column = 0; column < tensor.size(1); ++column)
    tensor.index_put_({randperm(rows).narrow(0, 0, zeros), column}, 0);
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
