// Word, position and token type embeddings added, normalised and thinned out as BERT does it.
// python_parity/examples/bert_embeddings.py is the same program in PyTorch.
#include <taper/taper.h>

#include <iostream>

using namespace taper;

struct Config {
  int64_t vocab_size = 30;
  int64_t hidden_size = 8;
  int64_t max_position_embeddings = 16;
  int64_t type_vocab_size = 2;
  int64_t pad_token_id = 0;
};

struct BertEmbeddings : nn::Module {
  nn::Embedding word_embeddings, position_embeddings, token_type_embeddings;
  nn::LayerNorm LayerNorm;
  nn::Dropout dropout;
  explicit BertEmbeddings(const Config& c)
      : word_embeddings(c.vocab_size, c.hidden_size, {.padding_idx = c.pad_token_id}),
        position_embeddings(c.max_position_embeddings, c.hidden_size),
        token_type_embeddings(c.type_vocab_size, c.hidden_size),
        LayerNorm({c.hidden_size}, {.eps = 1e-12}),
        dropout(0.1) {}
  Tensor forward(const Tensor& input_ids, const Tensor& token_type_ids) {
    const Tensor position_ids = arange(input_ids.size(1)).unsqueeze(0);
    const Tensor sum = word_embeddings(input_ids) + token_type_embeddings(token_type_ids);
    return dropout(LayerNorm(sum + position_embeddings(position_ids)));
  }
  TAPER_MODULE(word_embeddings, position_embeddings, token_type_embeddings, LayerNorm, dropout)
};

int main() {
  manual_seed(2);
  BertEmbeddings model(Config{});
  std::cout << model << '\n';

  // [CLS] a question [SEP] an answer [SEP], and a shorter pair filled up with [PAD].
  const Tensor input_ids = tensor({{1, 7, 12, 2, 21, 4, 2}, {1, 9, 2, 5, 2, 0, 0}});
  const Tensor token_type_ids = tensor({{0, 0, 0, 0, 1, 1, 1}, {0, 0, 0, 1, 1, 0, 0}});
  model.eval();
  std::cout << model(input_ids, token_type_ids) << '\n';

  model.train();
  const Tensor out = model(input_ids, token_type_ids);
  std::cout << out << '\n';
  (out * out[0][0].detach()).sum().backward();
  std::cout << model.word_embeddings.weight.grad()[2] << '\n' << model.word_embeddings.weight.grad()[0] << '\n';
  std::cout << model.token_type_embeddings.weight.grad() << '\n';
  std::cout << model.position_embeddings.weight.grad().slice(0, 5, 9) << '\n';
}
