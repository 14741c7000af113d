// Trains a classifier that tells praise from blame, in batches of padded sentences, and asks it about new ones.
#include <taper/taper.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace taper;

struct Classifier : nn::Module {
  nn::Embedding embedding;
  nn::Linear fc;
  Classifier(int64_t vocab, int64_t dim, int64_t classes)
      : embedding(vocab, dim, {.padding_idx = 0}), fc(dim, classes) {}
  Tensor forward(const Tensor& ids) { return fc(embedding(ids).mean(1)); }
  TAPER_MODULE(embedding, fc)
};

constexpr int64_t length = 5;  // words of a sentence; shorter ones are padded

std::vector<int64_t> encode(const text::Vocab& vocab, const std::string& sentence) {
  std::vector<int64_t> ids = vocab.encode(sentence);
  ids.resize(length, vocab.id("<pad>"));
  return ids;
}

int main() {
  const std::vector<std::string> things = {"film", "book", "meal", "song", "room", "trip"};
  const std::vector<std::string> words[2] = {{"awful", "boring", "bad", "poor"}, {"great", "lovely", "good", "fine"}};
  std::vector<std::string> sentences;
  std::vector<int64_t> classes;
  for (const std::string& thing : things) {
    for (int64_t praise : {0, 1}) {
      for (const std::string& word : words[praise]) {
        sentences.push_back("the " + thing + " was " + (classes.size() % 3 == 0 ? "very " : "") + word);
        classes.push_back(praise);
      }
    }
  }

  text::WordCounts counts;
  text::Corpus corpus = text::Corpus::from_text([&] {
    std::string all;
    for (const std::string& sentence : sentences) all += sentence + '\n';
    return all;
  }());
  for (std::vector<std::string_view> sentence; corpus.next(sentence);)
    for (std::string_view word : sentence) counts.add(word);
  text::Vocab vocab(counts, {.specials = {"<pad>", "<unk>"}});

  std::vector<Tensor> rows;
  for (const std::string& sentence : sentences) rows.push_back(tensor(encode(vocab, sentence)));

  manual_seed(1);
  Classifier model(vocab.size(), 64, 2);
  optim::Adam optimizer(model.parameters(), {.lr = 1e-2});
  data::DataLoader loader(data::TensorDataset(stack(rows), tensor(classes)), {.batch_size = 8, .shuffle = true});
  for (int epoch = 1; epoch <= 12; ++epoch) {
    double sum = 0;
    for (auto [ids, labels] : loader) {
      optimizer.zero_grad();
      Tensor loss = F::cross_entropy(model(ids), labels);
      loss.backward();
      optimizer.step();
      sum += loss.item<double>();
    }
    if (epoch % 4 == 0) std::printf("epoch %2d: loss %.2f\n", epoch, sum / static_cast<double>(loader.size()));
  }

  model.eval();
  const NoGradGuard no_grad;
  for (const std::string& sentence : std::vector<std::string>{"the song was lovely", "a very boring play"}) {
    const Tensor scores = model(tensor(encode(vocab, sentence)).unsqueeze(0));
    std::printf("%s: %s\n", sentence.c_str(), scores.argmax(1).item<int64_t>() == 1 ? "praise" : "blame");
  }
}
