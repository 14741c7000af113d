// sgns.cpp in libtorch: the same batches, tables of sparse gradients, SGD. Pairs are multiplied and summed, which is
// quicker there than bmm.
#include <torch/torch.h>

#include "sgns_run.h"

namespace F = torch::nn::functional;
using torch::Tensor;

namespace {

struct SkipGramImpl : torch::nn::Module {
  torch::nn::Embedding center{nullptr}, context{nullptr};

  SkipGramImpl(std::int64_t vocab, std::int64_t dim) {
    const auto options = torch::nn::EmbeddingOptions(vocab, dim).sparse(true);
    center = register_module("center", torch::nn::Embedding(options));
    context = register_module("context", torch::nn::Embedding(options));
    const double bound = 4.0 / static_cast<double>(dim);
    torch::nn::init::uniform_(center->weight, -bound, bound);
    torch::nn::init::zeros_(context->weight);
  }
  Tensor of_pairs(const Tensor& words, const Tensor& positives, const Tensor& negatives) {
    const Tensor v = center(words);
    const Tensor score = (v * context(positives)).sum(-1);
    const Tensor noise = (context(negatives) * v.unsqueeze(1)).sum(-1);
    return -(F::logsigmoid(score).sum() + F::logsigmoid(-noise).sum());
  }
  Tensor of_blocks(const Tensor& words, const Tensor& others, const Tensor& targets, const Tensor& weights) {
    const Tensor scores = matmul(center(words), context(others).transpose(-2, -1));
    return torch::binary_cross_entropy_with_logits(scores, targets, weights, {}, torch::Reduction::Sum);
  }
};
TORCH_MODULE(SkipGram);

template <class T>
Tensor view_of(std::span<const T> values, at::IntArrayRef shape) {
  return torch::from_blob(const_cast<T*>(values.data()), shape, c10::CppTypeToScalarType<T>::value);
}

struct Trainer {
  SkipGram model;
  torch::optim::SGD optimizer;

  explicit Trainer(const sgns::Text& text)
      : model(text.vocab.size(), sgns::dim), optimizer(model->parameters(), sgns::first_rate) {}

  double step(const Tensor& loss, double rate) {
    static_cast<torch::optim::SGDOptions&>(optimizer.param_groups()[0].options()).lr(rate);
    for (Tensor& parameter : model->parameters()) parameter.mutable_grad() = Tensor();
    loss.backward();
    optimizer.step();
    return loss.item<double>();
  }
};

double train_pairs(const sgns::Arguments& arguments, sgns::Text& text, Trainer& trainer) {
  return sgns::for_each_pairs(arguments, text, [&](const sgns::Pairs& batch, double rate) {
    const auto count = static_cast<std::int64_t>(batch.words.size());
    return trainer.step(trainer.model->of_pairs(view_of(batch.words, {count}), view_of(batch.contexts, {count}),
                                                view_of(batch.negatives, {count, sgns::negative})),
                        rate);
  });
}

double train_blocks(const sgns::Arguments& arguments, sgns::Text& text, Trainer& trainer) {
  const auto cutting = taper_program::cutting(arguments.train());
  const std::int64_t count = (arguments.batch + cutting.run - 1) / cutting.run;
  taper_program::BlockSource source(text.corpus, text.vocab, cutting, arguments.epochs, arguments.seed, false);
  const std::int64_t columns = source.sampler().columns();
  const std::vector<float> one = source.sampler().targets();
  const Tensor targets = view_of(std::span(one), {1, cutting.run, columns}).expand({count, -1, -1}).contiguous();
  const double all = static_cast<double>(text.vocab.total() * arguments.epochs);
  double loss = 0;
  for (taper_program::Chunk chunk; source.next(chunk, count);) {
    const auto& [words, others, weights, blocks, pairs] = chunk.blocks;
    const double rate = arguments.train().lr * std::max(1 - static_cast<double>(chunk.words) / all, 1e-4);
    const Tensor sum = trainer.model->of_blocks(
        view_of(std::span(words), {blocks, cutting.run}), view_of(std::span(others), {blocks, columns}),
        targets.narrow(0, 0, blocks), view_of(std::span(weights), {blocks, cutting.run, columns}));
    loss = trainer.step(sum, rate) / static_cast<double>(std::max<std::int64_t>(pairs, 1));
  }
  return loss;
}

}  // namespace

int main(int argc, char** argv) {
  const sgns::Arguments arguments(argc, argv);
  torch::set_num_threads(arguments.threads);
  torch::manual_seed(arguments.seed);
  sgns::Text text(arguments.corpus);
  Trainer trainer(text);
  sgns::report("libtorch", arguments, text, [&] {
    return arguments.form == "pairs" ? train_pairs(arguments, text, trainer) : train_blocks(arguments, text, trainer);
  });
}
