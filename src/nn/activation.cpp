#include "taper/nn/activation.h"

#include <fmt/format.h>

#include "nn/text.h"
#include "taper/base/error.h"
#include "taper/ops/pointwise.h"

namespace taper::nn {
namespace {

std::string in_place_text(bool inplace) { return inplace ? "inplace=True" : ""; }

std::string dim_text(std::optional<std::int64_t> dim) { return dim ? fmt::format("dim={}", *dim) : "dim=None"; }

std::int64_t dim_of(std::optional<std::int64_t> dim, const Tensor& x) {
  return dim.value_or(x.dim() == 0 || x.dim() == 1 || x.dim() == 3 ? 0 : 1);
}

}  // namespace

Tensor ReLU::forward(const Tensor& x) const {
  if (!inplace) return relu(x);
  Tensor place = x;
  return place.relu_();
}
std::string ReLU::extra_repr() const { return in_place_text(inplace); }

GELU::GELU(GELUOptions options) : approximate(options.approximate) {
  if (approximate != "none" && approximate != "tanh")
    throw ValueError(fmt::format("GELU: approximate is '{}'; 'none' or 'tanh' is needed", approximate));
}
Tensor GELU::forward(const Tensor& x) const { return gelu(x, approximate); }
std::string GELU::extra_repr() const { return fmt::format("approximate='{}'", approximate); }

Tensor SiLU::forward(const Tensor& x) const {
  if (!inplace) return silu(x);
  Tensor place = x;
  return place.copy_(silu(x));
}
std::string SiLU::extra_repr() const { return in_place_text(inplace); }

Tensor Tanh::forward(const Tensor& x) const { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) const { return sigmoid(x); }
Tensor LogSigmoid::forward(const Tensor& x) const { return logsigmoid(x); }

Tensor Softplus::forward(const Tensor& x) const { return softplus(x, beta, threshold); }
// PyTorch's defaults are integers here and are printed as such.
std::string Softplus::extra_repr() const { return fmt::format("beta={}, threshold={}", beta, threshold); }

Tensor Softmax::forward(const Tensor& x) const { return x.softmax(dim_of(dim, x)); }
std::string Softmax::extra_repr() const { return dim_text(dim); }

Tensor LogSoftmax::forward(const Tensor& x) const { return x.log_softmax(dim_of(dim, x)); }
std::string LogSoftmax::extra_repr() const { return dim_text(dim); }

}  // namespace taper::nn
