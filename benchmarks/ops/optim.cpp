#include "ops/rows.h"
#include "ops/tensors.h"

namespace ops {

void optimizers(const Arguments& arguments) {
  const Tensor p = leaf({1'000'000});
  p.set_grad(randn({1'000'000}) * 1e-4);
  optim::SGD sgd({p}, {.lr = 1e-6}), momentum({p}, {.lr = 1e-6, .momentum = 0.9});
  row(arguments, "sgd_step_1M", [&] { sgd.step(); });
  row(arguments, "sgd_momentum_step_1M", [&] { momentum.step(); });
  optim::Adam adam({p}, {.lr = 1e-6});
  row(arguments, "adam_step_1M", [&] { adam.step(); });
  optim::Adagrad adagrad({p}, {.lr = 1e-6});
  row(arguments, "adagrad_step_1M", [&] { adagrad.step(); });
  std::vector<Tensor> small;
  for (int i = 0; i < 100; ++i) {
    small.push_back(leaf({64}));
    small.back().set_grad(randn({64}) * 1e-4);
  }
  optim::Adam many(small, {.lr = 1e-6});
  row(arguments, "adam_step_100x64", [&] { many.step(); });
}

}  // namespace ops
