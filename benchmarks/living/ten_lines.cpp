#include <taper/taper.h>

int main() {
  const taper::Tensor x = taper::randn({8, 2}), t = taper::randn({8, 1});
  taper::nn::Sequential model{taper::nn::Linear(2, 4), taper::nn::Tanh(), taper::nn::Linear(4, 1)};
  taper::optim::SGD sgd(model.parameters(), {.lr = 0.1});
  sgd.zero_grad();
  taper::F::mse_loss(model(x), t).backward();
  sgd.step();
}
