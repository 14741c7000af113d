#include <torch/torch.h>

int main() {
  const torch::Tensor x = torch::randn({8, 2}), t = torch::randn({8, 1});
  torch::nn::Sequential model(torch::nn::Linear(2, 4), torch::nn::Tanh(), torch::nn::Linear(4, 1));
  torch::optim::SGD sgd(model->parameters(), 0.1);
  sgd.zero_grad();
  torch::nn::functional::mse_loss(model->forward(x), t).backward();
  sgd.step();
}
