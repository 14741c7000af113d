#include "ops/rows.h"
#include "ops_libtorch/tensors.h"

namespace ops {

void optimizers(const Arguments& arguments) {
  const Tensor p = leaf({1'000'000});
  p.mutable_grad() = randn({1'000'000}) * 1e-4;
  optim::SGD sgd(std::vector<Tensor>{p}, 1e-6), momentum(std::vector<Tensor>{p}, optim::SGDOptions(1e-6).momentum(0.9));
  row(arguments, "sgd_step_1M", [&] { sgd.step(); });
  row(arguments, "sgd_momentum_step_1M", [&] { momentum.step(); });
  optim::Adam adam(std::vector<Tensor>{p}, 1e-6);
  row(arguments, "adam_step_1M", [&] { adam.step(); });
  optim::Adagrad adagrad(std::vector<Tensor>{p}, 1e-6);
  row(arguments, "adagrad_step_1M", [&] { adagrad.step(); });
  std::vector<Tensor> small;
  for (int i = 0; i < 100; ++i) {
    small.push_back(leaf({64}));
    small.back().mutable_grad() = randn({64}) * 1e-4;
  }
  optim::Adam many(small, 1e-6);
  row(arguments, "adam_step_100x64", [&] { many.step(); });
}

}  // namespace ops
