// Time per call of single operations, in microseconds: ops [FILTER]. ops_libtorch has the same rows; scripts/bench.sh
// pairs the two. "f" is forward, "fb" forward and backward. One thread.
#include <taper/autograd/autograd.h>
#include <taper/base/threads.h>
#include <taper/ops/create.h>
#include <taper/ops/pointwise.h>

#include "timing.h"

using taper::Tensor;

int main(int argc, char** argv) {
  const std::string_view filter = argc > 1 ? argv[1] : "";
  taper::set_num_threads(1);
  Tensor a = taper::full({16}, 1.5, {.requires_grad = true});
  Tensor b = taper::full({16}, 2.5, {.requires_grad = true});
  Tensor c = taper::full({16}, 1.0);
  Tensor g = taper::ones({16});
  timing::row("add_16_f", filter, [&] { const Tensor y = a + b; });
  timing::row("add_16_f_nograd", filter, [&] {
    const taper::NoGradGuard no_grad;
    const Tensor y = a + b;
  });
  timing::row("chain100_add_16_fb", filter, [&] {
    Tensor y = a;
    for (int i = 0; i < 100; ++i) y = y + c;
    y.backward(g);
    a.set_grad({});
  });
  timing::row("chain100_mul_16_fb", filter, [&] {
    Tensor y = a;
    for (int i = 0; i < 100; ++i) y = y * c;
    y.backward(g);
    a.set_grad({});
  });
}
