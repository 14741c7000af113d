#include "taper/nn/dropout.h"

#include <fmt/format.h>

#include "nn/text.h"
#include "taper/base/error.h"
#include "taper/ops/dropout.h"

namespace taper::nn {

Dropout::Dropout(double probability, bool in_place) : p(probability), inplace(in_place) {
  if (!(p >= 0 && p <= 1))
    throw ValueError(
        fmt::format("Dropout: dropout probability has to be between 0 and 1, but got {}", detail::python_float(p)));
}

Tensor Dropout::forward(const Tensor& x) const {
  Tensor result = taper::dropout(x, p, training);
  if (!inplace || result.is(x)) return result;
  Tensor place = x;
  return place.copy_(result);
}

std::string Dropout::extra_repr() const {
  return fmt::format("p={}, inplace={}", detail::python_float(p), detail::python_bool(inplace));
}

}  // namespace taper::nn
