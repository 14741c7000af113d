// A model of one embedding, as Keras's users know it: what it gives for [0, 1, 1, 4, 4] is its own rows, one by one;
// its table, and its picture in model.svg and model.dot; and what it refuses.
#include <taper/taper.h>

#include <fstream>
#include <iostream>

using namespace taper;

int main() {
  manual_seed(1);
  nn::Sequential model(nn::Embedding(5, 10));
  const Tensor weight = model.get<nn::Embedding>(0).weight;
  const Tensor ids = tensor({{0, 1, 1, 4, 4}}, int32);
  const Tensor output = model(ids);
  std::cout << output.shape() << '\n' << output << '\n';
  for (std::int64_t i = 0; i < 5; ++i) {
    const auto row = ids[0][i].item<std::int64_t>();
    testing::assert_close(output[0][i], weight[row], {.rtol = 0, .atol = 0});
    std::cout << "position " << i << " is row " << row << " of the weight: " << std::boolalpha
              << equal(output[0][i], weight[row]) << '\n';
  }

  std::cout << summary(model, {5}, int32);
  plot_model(model, {5}, int32, "model.svg");
  plot_model(model, {5}, int32, "model.dot");
  std::cout << "model.svg and model.dot are written; model.dot:\n" << std::ifstream("model.dot").rdbuf();

  try {
    model(tensor({{0, 1, 5}}, int32));
  } catch (const IndexError& error) {
    std::cout << "IndexError: " << error.what() << '\n';
  }
  try {
    model(tensor({{0.0, 1.0}}));
  } catch (const TypeError& error) {
    std::cout << "TypeError: " << error.what() << '\n';
  }
}
