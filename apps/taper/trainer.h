#pragma once

#include <taper/taper.h>

#include <cstdint>

#include "progress.h"
#include "skipgram.h"

namespace taper_program {

struct TrainOptions {
  std::int64_t dim = 100, window = 5, negative = 5, epochs = 5, batch = 512;
  double sample = 1e-3, lr = 0.05;
  std::uint64_t seed = 1;
};

/// Trains a SkipGram on a corpus. The same corpus, options and seed give the same vectors, whatever the number of
/// threads.
class Trainer {
 public:
  Trainer(taper::text::Corpus& corpus, const taper::text::Vocab& vocab, const TrainOptions& options);

  /// Runs all epochs. NumericError where the loss grows beyond all measure.
  void run(Progress& progress);
  SkipGram& model() { return model_; }
  /// Per pair, of the last hundred batches or so; 0 where no pair was left to learn from.
  double loss() const { return loss_; }

 private:
  /// Takes the next batch from the corpus, the last one of an epoch being smaller; false at the epoch's end.
  bool fill();
  void step();
  double rate() const;

  taper::text::Corpus& corpus_;
  const taper::text::Vocab& vocab_;
  TrainOptions options_;
  taper::Generator generator_;
  taper::text::SkipGramSampler sampler_;
  taper::text::SkipGramPairs pairs_;
  std::size_t used_ = 0;  // pairs of pairs_ that are behind us
  std::vector<std::string_view> sentence_;
  std::vector<std::int64_t> ids_;
  SkipGram model_;
  taper::optim::SGD optimizer_;
  std::int64_t words_ = 0;
  double loss_ = 0;
};

}  // namespace taper_program
