// A vocabulary from a Korean sentence with <unk> 0 and <pad> 1, and a table whose padding row is looked up and never
// learns. python_parity/examples/korean.py is the same program in PyTorch.
#include <taper/taper.h>

#include <iostream>
#include <string>
#include <vector>

using namespace taper;

int main() {
  const std::string sentence = "나는 오늘 책을 읽고 나는 내일 책을 산다";
  text::WordCounts counts;
  text::Corpus corpus = text::Corpus::from_text(sentence);
  for (std::vector<std::string_view> words; corpus.next(words);)
    for (std::string_view word : words) counts.add(word);
  const text::Vocab vocab(counts, {.specials = {"<unk>", "<pad>"}});
  for (int64_t id = 0; id < vocab.size(); ++id) std::cout << id << ' ' << vocab.word(id) << '\n';

  manual_seed(7);
  nn::Embedding table(vocab.size(), 3, {.padding_idx = 1});
  std::cout << table << '\n' << table.weight << '\n';

  // Two sentences of different lengths; "어제" is not in the vocabulary.
  const Tensor first = tensor(vocab.encode("나는 어제 책을 산다"), int32);
  const Tensor second = tensor(vocab.encode("나는 책을 <pad> <pad>"), int32);
  const Tensor ids = stack({first, second});
  std::cout << ids << '\n' << table(ids) << '\n';
  for (int64_t i = 0; i < 4; ++i)
    std::cout << equal(table(ids)[0][i], table.weight[ids[0][i].item<int64_t>()]) << (i < 3 ? ' ' : '\n');

  const Tensor target = tensor({{1.0, 0.0, -1.0}, {0.5, 0.5, 0.5}});
  optim::SGD optimizer(table.parameters(), {.lr = 0.1, .momentum = 0.9});
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    const Tensor loss = F::mse_loss(table(ids).sum(1), target);
    loss.backward();
    optimizer.step();
    if (step % 5 == 0) std::cout << loss << '\n';
  }
  std::cout << table.weight.grad() << '\n' << table.weight << '\n';
}
