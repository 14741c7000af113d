#include "taper/nn/utils.h"

#include <fmt/format.h>

#include <cmath>

#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"
#include "taper/tensor/value.h"
#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::nn::utils {
namespace {

// A sparse gradient's norm is that of its rows with duplicates summed, so these are what is kept.
struct Gradient {
  Tensor parameter;
  Tensor whole;   // as grad() will give it
  Tensor values;  // its numbers
};

std::vector<Gradient> gradients_of(const std::vector<Tensor>& parameters) {
  std::vector<Gradient> result;
  for (const Tensor& parameter : parameters) {
    const Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (!gradient.is_sparse()) {
      result.push_back({parameter, gradient, gradient.detach()});
      continue;
    }
    const Tensor whole = gradient.is_coalesced() ? gradient : gradient.coalesce();
    result.push_back({parameter, whole, whole.values().detach()});
  }
  return result;
}

// Which gradient's norm is not finite, for a message.
std::string first_not_finite(const std::vector<Gradient>& gradients, const std::vector<Tensor>& norms) {
  for (std::size_t i = 0; i < norms.size(); ++i) {
    if (std::isfinite(norms[i].item<double>())) continue;
    const taper::detail::Extra* extra = gradients[i].parameter.get().extra;
    return extra != nullptr && !extra->name.empty() ? fmt::format("in the gradient of '{}'", extra->name)
                                                    : fmt::format("in gradient {}", i);
  }
  return "in their sum";
}

template <class F>
void change(std::vector<Gradient>& gradients, F&& in_place) {
  for (Gradient& gradient : gradients) {
    in_place(gradient.values);
    if (!gradient.whole.is(gradient.parameter.grad())) gradient.parameter.set_grad(gradient.whole);
  }
}

}  // namespace

Tensor clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, ClipGradNormOptions options) {
  const NoGradGuard no_grad;
  std::vector<Gradient> gradients = gradients_of(parameters);
  if (gradients.empty()) return tensor(0.0);
  std::vector<Tensor> norms;
  norms.reserve(gradients.size());
  for (const Gradient& gradient : gradients) norms.push_back(gradient.values.norm(options.norm_type));
  Tensor total = stack(norms).norm(options.norm_type);
  const double found = total.item<double>();
  if (options.error_if_nonfinite && !std::isfinite(found))
    throw NumericError(fmt::format(
        "clip_grad_norm_: The total norm of order {} for gradients from `parameters` is non-finite, so it "
        "cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
        "`error_if_nonfinite=False`. It is {}, first {}",
        Value(options.norm_type).str(), found, first_not_finite(gradients, norms)));
  const Tensor factor = (max_norm / (total + 1e-6)).clamp({}, 1.0);
  change(gradients, [&](Tensor& values) { values.mul_(factor.to(values.dtype())); });
  return total;
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value) {
  if (!(clip_value >= 0))
    throw ValueError(fmt::format("clip_grad_value_: clip_value is {}; it must be at least 0", clip_value));
  const NoGradGuard no_grad;
  std::vector<Gradient> gradients = gradients_of(parameters);
  change(gradients, [&](Tensor& values) { values.clamp_(-clip_value, clip_value); });
}

}  // namespace taper::nn::utils
