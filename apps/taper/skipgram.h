#pragma once

#include <taper/taper.h>

#include <cstdint>

namespace taper_program {

/// Skip-gram with negative sampling: two tables, of a word as the center and of a word near it. Begins as word2vec
/// does, with small random centers and with zero contexts.
struct SkipGram : taper::nn::Module {
  taper::nn::Embedding center, context;

  SkipGram(std::int64_t vocab, std::int64_t dim)
      : center(vocab, dim, {.sparse = true}), context(vocab, dim, {.sparse = true}) {
    const double bound = 0.5 / static_cast<double>(dim);
    taper::nn::init::uniform_(center.weight, -bound, bound);
    taper::nn::init::zeros_(context.weight);
  }

  /// words, positives [B], negatives [B, K]; gives the loss summed over the batch.
  taper::Tensor forward(const taper::Tensor& words, const taper::Tensor& positives, const taper::Tensor& negatives) {
    namespace F = taper::nn::functional;
    const taper::Tensor v = center(words);                                           // [B, D]
    const taper::Tensor score = (v * context(positives)).sum(-1);                    // [B]
    const taper::Tensor noise = bmm(context(negatives), v.unsqueeze(2)).squeeze(2);  // [B, K]
    return -(F::logsigmoid(score).sum() + F::logsigmoid(-noise).sum());
  }

  TAPER_MODULE(center, context)
};

}  // namespace taper_program
