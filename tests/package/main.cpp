// A program outside the project's tree: it sees only what an installed taper gives.
#include <taper/fmt.h>
#include <taper/taper.h>

#include <cstdio>
#include <string>

int main() {
  taper::manual_seed(42);
  taper::nn::Embedding embedding(5, 3);
  const std::string text = fmt::format("{}", embedding(taper::tensor({0, 2, 4})));
  std::puts(text.c_str());
  const std::string expected =
      "tensor([[ 0.3367,  0.1288,  0.2345],\n"
      "        [ 2.2082, -0.6380,  0.4617],\n"
      "        [ 1.1103, -1.6898, -0.9890]], grad_fn=<EmbeddingBackward0>)";
  return text == expected ? 0 : 1;
}
