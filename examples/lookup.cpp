// Looks rows of an embedding up and prints them: the very numbers and the very text that PyTorch gives for
// torch.manual_seed(42); nn.Embedding(5, 3).
#include <taper/taper.h>

#include <iostream>

using namespace taper;

int main() {
  manual_seed(42);
  nn::Embedding embedding(5, 3);
  Tensor output = embedding(tensor({0, 2, 4}));
  std::cout << embedding.weight << '\n' << output << '\n';
}
