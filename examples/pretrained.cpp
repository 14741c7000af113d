// Tables of one's own: handed over as `_weight`, or to from_pretrained, frozen or not, from a float64 array and from
// the text files of GloVe and fastText. python_parity/examples/pretrained.py is the same program in PyTorch.
#include <taper/taper.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using namespace taper;

// GloVe's file: a word and its numbers in each line.
const char* const glove =
    "the 0.418 0.24968 -0.41242 0.1217\n"
    "king 0.50451 0.68607 -0.59517 -0.022801\n"
    "queen 0.37854 1.8233 -1.2648 -0.1043\n";

// fastText's: first how many words of how many numbers, and a blank behind each line.
const char* const fasttext =
    "2 3\n"
    "안녕 0.1073 0.0089 0.0006 \n"
    "세계 -0.0682 0.25 -1.5 \n";

text::WordVectors read(const std::string& name, const char* content) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("taper-example-" + name);
  std::ofstream(path, std::ios::binary) << content;
  text::WordVectors vectors = text::WordVectors::load(path.string());
  std::filesystem::remove(path);
  return vectors;
}

int main() {
  // A float64 array as numpy would hold it; the table stays float64 and shares the memory.
  const std::vector<double> array{0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  const Tensor rows = tensor(array).reshape({3, 2});
  nn::Embedding given(3, 2, {._weight = rows});
  std::cout << given << '\n' << given.weight << '\n';
  given(tensor({{0, 2}, {2, 2}})).sum().backward();
  std::cout << given.weight.grad() << '\n';
  rows[0].fill_(7);
  std::cout << given(tensor({0})) << '\n';

  const auto frozen = nn::Embedding::from_pretrained(rows);
  std::cout << frozen.weight << '\n' << frozen(tensor({1, 0})) << '\n';
  auto learning = nn::Embedding::from_pretrained(rows, {.freeze = false, .padding_idx = 1});
  optim::SGD optimizer(learning.parameters(), {.lr = 0.5});
  learning(tensor({0, 1, 2})).sum().backward();
  optimizer.step();
  std::cout << learning << '\n' << learning.weight << '\n';  // row 1 is padding: it keeps its numbers

  const text::WordVectors words = read("glove.txt", glove);
  const auto english = nn::Embedding::from_pretrained(words.matrix());
  std::cout << english << '\n' << english(tensor(words.id("queen"))) << '\n';

  const text::WordVectors korean_words = read("fasttext.vec", fasttext);
  const auto korean = nn::Embedding::from_pretrained(korean_words.matrix(), {.freeze = false});
  std::cout << korean << '\n' << korean(tensor({korean_words.id("세계"), korean_words.id("안녕")})) << '\n';
}
