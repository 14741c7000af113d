// Word vectors by skip-gram with negative sampling, from two nn::Embedding, the tape and sparse SGD. `pairs` has noise
// words for each pair, BATCH pairs a step; `blocks` is what `taper train` does, BATCH words a step.
// scripts/bench_sgns.sh runs it beside the same programs in libtorch and beside gensim and fastText.
#include "sgns_run.h"

using namespace taper;

namespace {

struct SkipGramOfPairs : nn::Module {
  nn::Embedding center, context;

  SkipGramOfPairs(std::int64_t vocab, std::int64_t dim)
      : center(vocab, dim, {.sparse = true}), context(vocab, dim, {.sparse = true}) {
    const double bound = 4.0 / static_cast<double>(dim);
    nn::init::uniform_(center.weight, -bound, bound);
    nn::init::zeros_(context.weight);
  }

  // words, positives [B], negatives [B, K]
  Tensor forward(const Tensor& words, const Tensor& positives, const Tensor& negatives) {
    const Tensor v = center(words);                                           // [B, D]
    const Tensor score = (v * context(positives)).sum(-1);                    // [B]
    const Tensor noise = bmm(context(negatives), v.unsqueeze(2)).squeeze(2);  // [B, K]
    return -(F::logsigmoid(score).sum() + F::logsigmoid(-noise).sum());
  }

  TAPER_MODULE(center, context)
};

void train_pairs(const sgns::Arguments& arguments, sgns::Text& text) {
  SkipGramOfPairs model(text.vocab.size(), sgns::dim);
  optim::SGD optimizer(model.parameters(), {.lr = sgns::first_rate});
  sgns::report("taper", arguments, text, [&] {
    return sgns::for_each_pairs(arguments, text, [&](const sgns::Pairs& batch, double rate) {
      optimizer.param_groups()[0].lr = rate;
      optimizer.zero_grad();
      const Tensor loss =
          model(tensor(batch.words), tensor(batch.contexts), tensor(batch.negatives).view({-1, sgns::negative}));
      loss.backward();
      optimizer.step();
      return loss.item<double>();
    });
  });
  sgns::save(arguments, text.vocab, model.center.weight);
}

void train_blocks(const sgns::Arguments& arguments, sgns::Text& text) {
  taper_program::Trainer trainer(text.corpus, text.vocab, arguments.train());
  taper_program::Progress progress(arguments.epochs * text.vocab.total());
  sgns::report("taper", arguments, text, [&] {
    trainer.run(progress);
    return trainer.loss();
  });
  sgns::save(arguments, text.vocab, trainer.model().center.weight);
}

}  // namespace

int main(int argc, char** argv) {
  const sgns::Arguments arguments(argc, argv);
  set_num_threads(arguments.threads);
  manual_seed(arguments.seed);
  sgns::Text text(arguments.corpus);
  arguments.form == "pairs" ? train_pairs(arguments, text) : train_blocks(arguments, text);
}
