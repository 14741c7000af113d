#include "taper/nn/layer_norm.h"

#include <fmt/format.h>

#include "nn/text.h"
#include "taper/base/error.h"
#include "taper/nn/init.h"
#include "taper/ops/create.h"
#include "taper/ops/layer_norm.h"

namespace taper::nn {

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& options)
    : normalized_shape(shape), eps(options.eps), elementwise_affine(options.elementwise_affine) {
  if (shape.empty()) throw ValueError("LayerNorm: normalized_shape is empty; at least one dimension is needed");
  for (const std::int64_t size : shape) detail::check_size("LayerNorm", "a size in normalized_shape", size);
  detail::check_device("LayerNorm", options.device);
  if (!elementwise_affine) return;
  const DType dtype = options.dtype.value_or(float32);
  detail::rebind(weight, Parameter(ones(shape, dtype)));
  detail::rebind(bias, Parameter(zeros(shape, dtype)));
}

void LayerNorm::reset_parameters() {
  if (!elementwise_affine) return;
  init::ones_(weight);
  init::zeros_(bias);
}

Tensor LayerNorm::forward(const Tensor& x) const { return taper::layer_norm(x, normalized_shape, weight, bias, eps); }

std::string LayerNorm::extra_repr() const {
  return fmt::format("{}, eps={}, elementwise_affine={}", detail::python_tuple(normalized_shape),
                     detail::python_float(eps), detail::python_bool(elementwise_affine));
}

}  // namespace taper::nn
