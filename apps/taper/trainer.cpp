#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

namespace taper_program {

using taper::Tensor;

namespace {

constexpr std::int64_t most_in_a_run = 16;

// Leaves one thread to what cuts the next chunk.
struct OneThreadLess {
  int before = taper::get_num_threads();
  OneThreadLess() { taper::set_num_threads(std::max(before - 1, 1)); }
  OneThreadLess(const OneThreadLess&) = delete;
  OneThreadLess& operator=(const OneThreadLess&) = delete;
  ~OneThreadLess() { taper::set_num_threads(before); }
};

// Some rows of an array of rows of `width` numbers.
template <class T>
std::span<const T> rows(const std::vector<T>& array, std::int64_t first, std::int64_t count, std::int64_t width) {
  return std::span(array).subspan(static_cast<std::size_t>(first * width), static_cast<std::size_t>(count * width));
}

}  // namespace

// Two noise words for each word of a run, shared by all of them, learn as well as 30 of its own do; a short run needs
// more, or analogies suffer.
taper::text::SkipGramBlockOptions cutting(const TrainOptions& options) {
  const std::int64_t blocks = (options.batch + most_in_a_run - 1) / most_in_a_run;
  const std::int64_t run = (options.batch + blocks - 1) / blocks;
  return {.window = options.window,
          .negative = options.negative,
          .subsample = options.sample,
          .run = run,
          .noise = std::max<std::int64_t>(2 * run, 24)};
}

Trainer::Trainer(taper::text::Corpus& corpus, const taper::text::Vocab& vocab, const TrainOptions& options)
    : options_(options),
      total_(options.epochs * vocab.total()),
      blocks_((options.batch + most_in_a_run - 1) / most_in_a_run),
      cutting_(cutting(options)),
      source_(corpus, vocab, cutting_, options.epochs, options.seed, taper::get_num_threads() > 1),
      model_(vocab.size(), options.dim),
      optimizer_(model_.parameters(), {.lr = options.lr}) {
  const Tensor one = taper::tensor(std::span<const float>(source_.sampler().targets()));
  targets_ = one.view({1, cutting_.run, -1}).expand({blocks_, cutting_.run, -1}).contiguous();
}

/// Falls in a straight line to nearly nothing at the end of the last epoch.
double Trainer::rate(std::int64_t words) const {
  return options_.lr * std::max(1 - static_cast<double>(words) / static_cast<double>(total_), 1e-4);
}

void Trainer::run(Progress& progress) {
  const OneThreadLess reserved;
  constexpr std::int64_t words_ahead = 4096;
  const std::int64_t steps = std::max<std::int64_t>(1, words_ahead / options_.batch);
  Chunk chunk;
  while (source_.next(chunk, steps * blocks_)) {
    optimizer_.param_groups()[0].lr = rate(chunk.words);
    const std::int64_t all = chunk.blocks.blocks;
    Tensor loss;
    for (std::int64_t first = 0; first < all; first += blocks_) {
      const std::int64_t count = std::min(blocks_, all - first);
      const Tensor of_step = step(chunk.blocks, first, count);
      loss = loss.defined() ? loss + of_step : of_step;
    }
    follow(loss.item<double>() / static_cast<double>(chunk.blocks.pairs), chunk);
    progress.show({chunk.epoch, options_.epochs, chunk.words, loss_, rate(chunk.words)});
  }
}

Tensor Trainer::step(const taper::text::SkipGramBlocks& blocks, std::int64_t first, std::int64_t count) {
  const std::int64_t run = cutting_.run, columns = source_.sampler().columns();
  const Tensor words = taper::tensor(rows(blocks.words, first, count, run));
  const Tensor others = taper::tensor(rows(blocks.others, first, count, columns));
  const Tensor weights = taper::tensor(rows(blocks.weights, first, count, run * columns));
  optimizer_.zero_grad();
  const double rate = optimizer_.param_groups()[0].lr;
  Tensor loss = count == 1 ? model_(words, others, targets_[0], weights.view({run, columns}), rate)
                           : model_(words.view({count, run}), others.view({count, columns}),
                                    targets_.narrow(0, 0, count), weights.view({count, run, columns}), rate);
  loss.backward();
  optimizer_.step();
  return loss.detach();
}

// Keeps the mean loss of a pair, and stops a training whose loss grows.
void Trainer::follow(double loss, const Chunk& chunk) {
  pairs_ += chunk.blocks.pairs;
  loss_ = loss_ == 0 ? loss : 0.9 * loss_ + 0.1 * loss;
  const double untrained = std::log(2) * static_cast<double>(1 + options_.negative);
  if (!(loss_ < 10 * untrained))
    throw taper::NumericError("train: the loss grew to " + std::to_string(loss_) + " per pair after " +
                              std::to_string(chunk.words) + " words (it began at " + std::to_string(untrained) +
                              "); lower --lr or --batch");
}

}  // namespace taper_program
