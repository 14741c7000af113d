#include "taper/nn/linear.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/text.h"
#include "taper/nn/functional.h"
#include "taper/nn/init.h"
#include "taper/ops/create.h"

namespace taper::nn {
namespace {

Parameter make_weight(std::int64_t in, std::int64_t out, const LinearOptions& options) {
  detail::check_size("Linear", "in_features", in);
  detail::check_size("Linear", "out_features", out);
  detail::check_device("Linear", options.device);
  return Parameter(empty({out, in}, options.dtype.value_or(float32)));
}

}  // namespace

Linear::Linear(std::int64_t in, std::int64_t out, const LinearOptions& options)
    : in_features(in),
      out_features(out),
      weight(make_weight(in, out, options)),
      bias(options.bias ? Parameter(empty({out}, options.dtype.value_or(float32))) : Parameter()) {
  reset_parameters();
}

void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (!bias.defined()) return;
  const double bound = in_features > 0 ? 1 / std::sqrt(static_cast<double>(in_features)) : 0;
  init::uniform_(bias, -bound, bound);
}

Tensor Linear::forward(const Tensor& x) const { return functional::linear(x, weight, bias); }

std::string Linear::extra_repr() const {
  return fmt::format("in_features={}, out_features={}, bias={}", in_features, out_features,
                     detail::python_bool(bias.defined()));
}

}  // namespace taper::nn
