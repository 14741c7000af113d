#include "ops/rows.h"
#include "ops/tensors.h"

namespace ops {
namespace {

void linear_and_norm(const Arguments& arguments) {
  for (const std::int64_t batch : {64, 1024}) {
    nn::Linear linear(128, 512);
    const Tensor x = leaf({batch, 128}), g = randn({batch, 512});
    const std::string name = "linear_128_512_b" + std::to_string(batch);
    row(arguments, name + "_f", [&] { const Tensor y = linear(x); });
    row(arguments, name + "_fb", [&] {
      linear(x).backward(g);
      drop(x), drop(linear.weight), drop(linear.bias);
    });
  }
  nn::LayerNorm norm({512});
  const Tensor x = leaf({64, 512}), g = randn({64, 512});
  row(arguments, "layernorm_64x512_fb", [&] {
    norm(x).backward(g);
    drop(x), drop(norm.weight), drop(norm.bias);
  });
}

void mlp(const Arguments& arguments) {
  nn::Sequential m{nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10)};
  const Tensor x = randn({64, 784}), t = randint(10, {64});
  optim::Adam adam(m.parameters(), {.lr = 1e-3});
  optim::SGD sgd(m.parameters(), {.lr = 1e-3});
  const auto step = [&](optim::Optimizer& optimizer) {
    optimizer.zero_grad();
    F::cross_entropy(m(x), t).backward();
    optimizer.step();
  };
  row(arguments, "mlp_784_256_128_10_b64_step_adam", [&] { step(adam); });
  row(arguments, "mlp_784_256_128_10_b64_step_sgd", [&] { step(sgd); });
  row(arguments, "mlp_784_256_128_10_b64_f_nograd", [&] {
    const NoGradGuard no_grad;
    const Tensor y = m(x);
  });
}

void lstm(const Arguments& arguments) {
  nn::LSTM model(128, 128);
  const Tensor x = randn({20, 32, 128}), g = randn({20, 32, 128});
  row(arguments, "lstm_t20_b32_h128_f_nograd", [&] {
    const NoGradGuard no_grad;
    const auto y = model(x);
  });
  row(arguments, "lstm_t20_b32_h128_fb", [&] {
    model(x).first.backward(g);
    model.zero_grad();
  });
}

}  // namespace

void layers(const Arguments& arguments) {
  linear_and_norm(arguments);
  mlp(arguments);
  lstm(arguments);
}

}  // namespace ops
