#include "ops/rows.h"
#include "ops_libtorch/tensors.h"

namespace ops {
namespace {

void overhead(const Arguments& arguments) {
  for (const std::int64_t n : {1, 16}) {
    const Tensor a = leaf({n}), b = leaf({n});
    const std::string size = std::to_string(n);
    row(arguments, "add_" + size + "_f", [&] { const Tensor y = a + b; });
    row(arguments, "add_" + size + "_f_nograd", [&] {
      const NoGradGuard no_grad;
      const Tensor y = a + b;
    });
    row(arguments, "relu_" + size + "_f", [&] { const Tensor y = a.relu(); });
  }
}

void chains(const Arguments& arguments) {
  const Tensor x = leaf({16}), c = randn({16}), g = ones({16});
  row(arguments, "chain100_add_16_f", [&] {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y + c;
  });
  row(arguments, "chain100_add_16_fb", [&] {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y + c;
    y.backward(g);
    drop(x);
  });
  row(arguments, "chain100_mul_16_fb", [&] {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y * x;
    y.backward(g);
    drop(x);
  });
}

void products_of_8(const Arguments& arguments) {
  const Tensor a = leaf({8, 8}), b = leaf({8, 8}), g = ones({8, 8});
  row(arguments, "matmul_8x8_f", [&] { const Tensor y = a.matmul(b); });
  row(arguments, "matmul_8x8_fb", [&] {
    a.matmul(b).backward(g);
    drop(a), drop(b);
  });
}

void xor_network(const Arguments& arguments) {
  nn::Sequential m(nn::Linear(2, 16), nn::Tanh(), nn::Linear(16, 1));
  const Tensor x = randn({4, 2}), t = randn({4, 1});
  optim::SGD sgd(m->parameters(), 1e-3);
  row(arguments, "xor_2_16_1_b4_step_sgd", [&] {
    sgd.zero_grad();
    F::mse_loss(m->forward(x), t).backward();
    sgd.step();
  });
}

}  // namespace

void small(const Arguments& arguments) {
  overhead(arguments);
  chains(arguments);
  products_of_8(arguments);
  xor_network(arguments);
}

}  // namespace ops
