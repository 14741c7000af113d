#include "taper/nn/flatten.h"

#include <fmt/format.h>

namespace taper::nn {

Tensor Flatten::forward(const Tensor& x) const { return x.flatten(start_dim, end_dim); }

std::string Flatten::extra_repr() const { return fmt::format("start_dim={}, end_dim={}", start_dim, end_dim); }

}  // namespace taper::nn
