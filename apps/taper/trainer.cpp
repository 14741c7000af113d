#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

namespace taper_program {

using taper::Tensor;

Trainer::Trainer(taper::text::Corpus& corpus, const taper::text::Vocab& vocab, const TrainOptions& options)
    : corpus_(corpus),
      vocab_(vocab),
      options_(options),
      generator_(options.seed),
      sampler_(vocab.counts(), options.window, options.negative, options.sample),
      model_(vocab.size(), options.dim),
      optimizer_(model_.parameters(), {.lr = options.lr}) {}

/// Falls in a straight line to nearly nothing at the end of the last epoch.
double Trainer::rate() const {
  const double all = static_cast<double>(options_.epochs) * static_cast<double>(vocab_.total());
  return options_.lr * std::max(1 - static_cast<double>(words_) / all, 1e-4);
}

void Trainer::run(Progress& progress) {
  for (std::int64_t epoch = 1; epoch <= options_.epochs; ++epoch) {
    corpus_.rewind();
    while (fill()) {
      step();
      progress.show({epoch, options_.epochs, words_, loss_, rate()});
    }
  }
}

bool Trainer::fill() {
  const auto batch = static_cast<std::size_t>(options_.batch);
  if (pairs_.words.size() - used_ >= batch) return true;
  const auto negative = static_cast<std::ptrdiff_t>(options_.negative), used = static_cast<std::ptrdiff_t>(used_);
  pairs_.words.erase(pairs_.words.begin(), pairs_.words.begin() + used);
  pairs_.contexts.erase(pairs_.contexts.begin(), pairs_.contexts.begin() + used);
  pairs_.negatives.erase(pairs_.negatives.begin(), pairs_.negatives.begin() + used * negative);
  used_ = 0;
  while (pairs_.words.size() < batch && corpus_.next(sentence_)) {
    ids_.clear();
    for (const std::string_view word : sentence_)
      if (const std::int64_t id = vocab_.find(word); id >= 0) ids_.push_back(id);
    words_ += static_cast<std::int64_t>(ids_.size());
    sampler_.add(ids_, generator_, pairs_);
  }
  return !pairs_.words.empty();
}

void Trainer::step() {
  const std::size_t count = std::min(pairs_.words.size() - used_, static_cast<std::size_t>(options_.batch));
  const auto negative = static_cast<std::size_t>(options_.negative);
  const std::span<const std::int64_t> words(pairs_.words), contexts(pairs_.contexts), negatives(pairs_.negatives);
  const Tensor loss =
      model_(taper::tensor(words.subspan(used_, count)), taper::tensor(contexts.subspan(used_, count)),
             taper::tensor(negatives.subspan(used_ * negative, count * negative)).view({-1, options_.negative}));
  used_ += count;
  const double mean = loss.item<double>() / static_cast<double>(count);
  loss_ = loss_ == 0 ? mean : 0.99 * loss_ + 0.01 * mean;
  const double untrained = std::log(2) * static_cast<double>(1 + options_.negative);
  if (!(loss_ < 10 * untrained))
    throw taper::NumericError("train: the loss grew to " + std::to_string(loss_) + " per pair after " +
                              std::to_string(words_) + " words (it began at " + std::to_string(untrained) +
                              "); lower --lr or --batch");
  optimizer_.zero_grad();
  loss.backward();
  optimizer_.param_groups()[0].lr = rate();
  optimizer_.step();
}

}  // namespace taper_program
