// An Embedding class written by hand beside the built-in one: same numbers, same gradients, same training.
// python_parity/examples/embedding_by_hand.py is the same program in PyTorch.
#include <taper/taper.h>

#include <iostream>

using namespace taper;

struct MyEmbedding : nn::Module {
  nn::Parameter weight;
  int64_t padding_idx;
  MyEmbedding(int64_t rows, int64_t dim, int64_t padding) : weight(randn({rows, dim})), padding_idx(padding) {
    const NoGradGuard no_grad;
    weight[padding_idx].fill_(0);
    const int64_t row = padding_idx;
    weight.register_hook([row](const Tensor& g) {
      Tensor learned = g.clone();
      learned[row].fill_(0);
      return learned;
    });
  }
  Tensor forward(const Tensor& ids) { return weight[ids]; }
  TAPER_MODULE(weight)
};

template <class Table>
void train(Table& table, const Tensor& ids) {
  optim::Adam optimizer(table.parameters(), {.lr = 0.1});
  for (int step = 0; step < 10; ++step) {
    optimizer.zero_grad();
    (table(ids) - 1).square().mean().backward();
    optimizer.step();
  }
}

int main() {
  manual_seed(3);
  MyEmbedding mine(6, 4, 2);
  manual_seed(3);
  nn::Embedding builtin(6, 4, {.padding_idx = 2});
  std::cout << mine.weight << '\n' << equal(mine.weight, builtin.weight) << '\n';

  const Tensor ids = tensor({{0, 2, 5}, {5, 5, 1}});
  std::cout << mine(ids) << '\n' << builtin(ids) << '\n';
  mine(ids).square().sum().backward();
  builtin(ids).square().sum().backward();
  std::cout << builtin.weight.grad() << '\n' << equal(mine.weight.grad(), builtin.weight.grad()) << '\n';

  train(mine, ids);
  train(builtin, ids);
  std::cout << builtin.weight << '\n' << equal(mine.weight, builtin.weight) << '\n';
}
