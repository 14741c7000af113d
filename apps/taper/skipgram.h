#pragma once

#include <taper/taper.h>

#include <cstdint>

#include "in_turn.h"

namespace taper_program {

/// Skip-gram with negative sampling: two tables, of a word as the center and of a word near it. Contexts begin with
/// zero, as in word2vec. Centers begin at random and wider than there: what a table is to learn first grows out of
/// these numbers, and a short training does not outlast a small start.
struct SkipGram : taper::nn::Module {
  taper::nn::Embedding center, context;

  SkipGram(std::int64_t vocab, std::int64_t dim)
      : center(vocab, dim, {.sparse = true}), context(vocab, dim, {.sparse = true}) {
    const double bound = 4.0 / static_cast<double>(dim);
    taper::nn::init::uniform_(center.weight, -bound, bound);
    taper::nn::init::zeros_(context.weight);
  }

  /// Blocks of text (taper::text::SkipGramBlocks): words [..., R], others [..., C], targets and weights [..., R, C].
  /// Gives the loss summed over all pairs, the words of each block learnt from in turn at `rate`, the optimizer's.
  taper::Tensor forward(const taper::Tensor& words, const taper::Tensor& others, const taper::Tensor& targets,
                        const taper::Tensor& weights, double rate) {
    return InTurn::apply(center(words), context(others), targets, weights, rate);
  }

  TAPER_MODULE(center, context)
};

}  // namespace taper_program
