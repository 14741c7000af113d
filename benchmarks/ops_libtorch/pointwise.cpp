#include "ops/rows.h"
#include "ops_libtorch/tensors.h"

namespace ops {
namespace {

template <class Op>
void unary(const Arguments& arguments, const std::string& name, const Tensor& x, const Tensor& g, Op&& op) {
  row(arguments, name + "_1M_f", [&] {
    const NoGradGuard no_grad;
    const Tensor y = op(x);
  });
  row(arguments, name + "_1M_fb", [&] {
    op(x).backward(g);
    drop(x);
  });
}

}  // namespace

void pointwise(const Arguments& arguments) {
  const std::int64_t n = 1 << 20;
  const Tensor a = leaf({n}), b = leaf({n}), g = randn({n});
  unary(arguments, "relu", a, g, [](const Tensor& x) { return x.relu(); });
  unary(arguments, "exp", a, g, [](const Tensor& x) { return x.exp(); });
  unary(arguments, "tanh", a, g, [](const Tensor& x) { return x.tanh(); });
  unary(arguments, "sigmoid", a, g, [](const Tensor& x) { return x.sigmoid(); });
  unary(arguments, "gelu", a, g, [](const Tensor& x) { return at::gelu(x); });
  unary(arguments, "add", a, g, [&](const Tensor& x) { return x + b; });
  unary(arguments, "composite_mul_add_tanh", a, g, [&](const Tensor& x) { return (x * b + b).tanh(); });
}

}  // namespace ops
