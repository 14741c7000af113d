// The rows of ops.cpp in libtorch (Debian's libtorch-dev), for comparison: ops_libtorch [FILTER].
#include <torch/torch.h>

#include "timing.h"

using torch::Tensor;

int main(int argc, char** argv) {
  const std::string_view filter = argc > 1 ? argv[1] : "";
  torch::set_num_threads(1);
  Tensor a = torch::full({16}, 1.5).requires_grad_();
  Tensor b = torch::full({16}, 2.5).requires_grad_();
  Tensor c = torch::full({16}, 1.0);
  Tensor g = torch::ones({16});
  timing::row("add_16_f", filter, [&] { const Tensor y = a + b; });
  timing::row("add_16_f_nograd", filter, [&] {
    const torch::NoGradGuard no_grad;
    const Tensor y = a + b;
  });
  timing::row("chain100_add_16_fb", filter, [&] {
    Tensor y = a;
    for (int i = 0; i < 100; ++i) y = y + c;
    y.backward(g);
    a.mutable_grad() = Tensor();
  });
  timing::row("chain100_mul_16_fb", filter, [&] {
    Tensor y = a;
    for (int i = 0; i < 100; ++i) y = y * c;
    y.backward(g);
    a.mutable_grad() = Tensor();
  });
}
