// All that nn::Embedding can be asked for: a padding row, rows kept short, sparse gradients, a table of one's own.
#include <taper/taper.h>

#include <iostream>

using namespace taper;

int main() {
  manual_seed(0);
  nn::Embedding a(10, 3,
                  {.padding_idx = 0,
                   .max_norm = 1.0,
                   .norm_type = 2.0,
                   .scale_grad_by_freq = false,
                   .sparse = true,
                   .dtype = float64});
  std::cout << a << '\n';
  Tensor rows = a(tensor({1, 2, 1}, int32));  // looked up rows are first scaled to a norm of at most 1
  std::cout << rows << '\n';
  rows.sum().backward();
  std::cout << a.weight.grad() << '\n';

  nn::Embedding b(3, 2, {._weight = tensor({{0.1, 0.2}, {0.3, 0.4}, {0.5, 0.6}}), ._freeze = true});
  std::cout << b.weight << '\n';

  Tensor weights = tensor({{1.0, 2.0}, {3.0, 4.0}});
  auto c = nn::Embedding::from_pretrained(weights, {.freeze = false, .padding_idx = 1});
  c(tensor({{0, 1}, {0, 0}})).sum().backward();
  std::cout << c << '\n' << c.weight.grad() << '\n';  // nothing for the padding row

  std::cout << F::embedding(tensor({{0, 1}}), weights, {.padding_idx = -1}) << '\n';
}
