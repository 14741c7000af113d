// Modules of one's own: parameters and children are plain members, and TAPER_MODULE names them once.
#include <taper/taper.h>

#include <cstdint>
#include <iostream>

using namespace taper;

struct LookupTable : nn::Module {  // an Embedding written by hand
  nn::Parameter weight;
  LookupTable(int64_t rows, int64_t dim) : weight(randn({rows, dim})) {}
  Tensor forward(const Tensor& indices) { return weight[indices]; }
  TAPER_MODULE(weight)
};

struct Config {
  int64_t vocab_size = 20;
  int64_t hidden_size = 4;
  int64_t max_position_embeddings = 8;
  int64_t type_vocab_size = 2;
  int64_t pad_token_id = 0;
};

struct BertEmbeddings : nn::Module {
  nn::Embedding word_embeddings, position_embeddings, token_type_embeddings;
  nn::LayerNorm norm;
  nn::Dropout dropout;
  explicit BertEmbeddings(const Config& c)
      : word_embeddings(c.vocab_size, c.hidden_size, {.padding_idx = c.pad_token_id}),
        position_embeddings(c.max_position_embeddings, c.hidden_size),
        token_type_embeddings(c.type_vocab_size, c.hidden_size),
        norm({c.hidden_size}),
        dropout(0.1) {}
  Tensor forward(const Tensor& ids, const Tensor& types) {
    Tensor positions = arange(ids.size(1));
    return dropout(norm(word_embeddings(ids) + position_embeddings(positions) + token_type_embeddings(types)));
  }
  TAPER_MODULE(word_embeddings, position_embeddings, token_type_embeddings, norm, dropout)
};

int main() {
  manual_seed(0);
  LookupTable table(5, 2);
  std::cout << table << '\n' << table(tensor({4, 0})) << '\n';

  BertEmbeddings model(Config{});
  auto start = model;  // a deep snapshot
  std::cout << model << '\n';
  for (auto& [name, p] : model.named_parameters()) std::cout << name << ' ' << to_string(p.shape()) << '\n';

  model.eval();
  Tensor ids = tensor({{5, 7, 0}});
  Tensor types = zeros_like(ids);
  std::cout << model(ids, types) << '\n';
  model(ids, types).square().sum().backward();
  {
    NoGradGuard no_grad;
    for (auto& p : model.parameters()) p -= 0.1 * p.grad();
  }
  model.zero_grad();
  model.load_state_dict(start.state_dict());
  std::cout << model(ids, types) << '\n';  // as before the step
}
