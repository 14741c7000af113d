#include "taper/ops/dropout.h"

#include <fmt/format.h>

#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"

namespace taper {

Tensor dropout(const Tensor& x, double p, bool training) {
  if (!(p >= 0 && p <= 1))
    throw ValueError(fmt::format("dropout: dropout probability has to be between 0 and 1, but got {}", p));
  if (!is_floating_point(x.dtype()))
    throw TypeError(fmt::format("dropout: x must be floating-point, got {}", name(x.dtype())));
  if (!training || p == 0) return x;
  if (p == 1) return x * zeros_like(x);
  Tensor noise = empty(x.shape(), x.dtype());
  noise.bernoulli_(1 - p);
  noise.div_(1 - p);
  return x * noise;
}

}  // namespace taper
