#include "ops/rows.h"
#include "ops_libtorch/tensors.h"

namespace ops {

void products(const Arguments& arguments) {
  for (const std::int64_t n : {64, 256, 512, 1024}) {
    const NoGradGuard no_grad;
    const Tensor left = randn({n, n}), right = randn({n, n});
    row(arguments, "matmul_" + std::to_string(n) + "_f", [&] { const Tensor y = left.matmul(right); });
  }
}

}  // namespace ops
