// Looks random rows of an embedding up and prints them, in short and in full.
// python_parity/examples/random_indices.py is the same program in PyTorch.
#include <taper/taper.h>

#include <iostream>

using namespace taper;

int main() {
  manual_seed(0);
  nn::Embedding embedding(10, 100);
  Tensor indices = randint(0, 10, {3, 4});
  Tensor output = embedding(indices);
  std::cout << indices << '\n' << output.shape() << '\n';
  std::cout << output << '\n';  // summarised
  set_printoptions({.profile = "full"});
  std::cout << output << '\n';  // in full
  std::cout << output.flatten(0, 1).index_select(1, tensor({0, 99})) << '\n';
}
