#include "ops/rows.h"
#include "ops/tensors.h"

namespace ops {

void reductions(const Arguments& arguments) {
  const Tensor a = leaf({1 << 20}), m = leaf({1024, 1024});
  row(arguments, "sum_1M_f", [&] {
    const NoGradGuard no_grad;
    const Tensor y = a.sum();
  });
  row(arguments, "mean_1M_fb", [&] {
    a.mean().backward();
    drop(a);
  });
  for (const std::int64_t dim : {0, 1}) {
    const std::string name = "_1024x1024_dim" + std::to_string(dim) + "_f";
    row(arguments, "sum" + name, [&] { const Tensor y = m.sum(dim); });
    row(arguments, "mean" + name, [&] { const Tensor y = m.mean(dim); });
  }
}

}  // namespace ops
