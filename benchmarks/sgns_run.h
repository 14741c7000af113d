#pragma once

#include <sys/resource.h>
#include <taper/taper.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trainer.h"

/// What the benchmarks of skip-gram have in common, so that Taper and its peer learn from the same batches: arguments,
/// corpus, batches of pairs, the learning rate and the row of results.
namespace sgns {

constexpr std::int64_t dim = 100, window = 5, negative = 5, min_count = 5;
constexpr double sample = 1e-3, first_rate = 0.025;

/// CORPUS FORM BATCH THREADS [EPOCHS [SEED [OUT]]]
struct Arguments {
  std::string corpus, form, out;
  std::int64_t batch = 0, epochs = 1;
  int threads = 1;
  std::uint64_t seed = 1;

  Arguments(int argc, char** argv) {
    if (argc < 5) {
      std::fprintf(stderr, "usage: %s CORPUS pairs|blocks BATCH THREADS [EPOCHS [SEED [OUT]]]\n", argv[0]);
      std::exit(2);
    }
    corpus = argv[1], form = argv[2], batch = std::atol(argv[3]), threads = std::atoi(argv[4]);
    if (argc > 5) epochs = std::atol(argv[5]);
    if (argc > 6) seed = std::strtoull(argv[6], nullptr, 10);
    if (argc > 7) out = argv[7];
  }
  /// Blocks have the weight of noise and the rate that `taper train` has by itself.
  taper_program::TrainOptions train() const {
    return {.dim = dim, .window = window, .epochs = epochs, .batch = batch, .sample = sample, .seed = seed};
  }
};

struct Text {
  taper::text::Corpus corpus;
  taper::text::WordCounts counts;
  taper::text::Vocab vocab;

  explicit Text(const std::string& path)
      : corpus(std::vector<std::string>{path}), counts(count_words(corpus)), vocab(counts, {.min_count = min_count}) {}
};

inline void save(const Arguments& arguments, const taper::text::Vocab& vocab, const taper::Tensor& vectors) {
  if (arguments.out.empty()) return;
  std::vector<std::string> words;
  for (std::int64_t id = 0; id < vocab.size(); ++id) words.emplace_back(vocab.word(id));
  taper::text::WordVectors(words, vectors).save(arguments.out);
}

/// Times `train`, which returns the loss per pair at the end, and prints: tool, form, batch, threads, words per second,
/// seconds, peak MiB, loss. Words are all of the corpus, as gensim and fastText count them.
template <class Train>
void report(const char* tool, const Arguments& arguments, const Text& text, Train&& train) {
  const auto start = std::chrono::steady_clock::now();
  const double loss = train();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double words = static_cast<double>(text.counts.total) * static_cast<double>(arguments.epochs);
  std::printf("%s\t%s\t%lld\t%d\t%.0f\t%.2f\t%ld\t%.4f\n", tool, arguments.form.c_str(),
              static_cast<long long>(arguments.batch), arguments.threads, words / seconds, seconds,
              used.ru_maxrss / 1024, loss);
}

struct Pairs {
  std::span<const std::int64_t> words, contexts, negatives;
};

/// Calls `learn(Pairs, learning rate)`, which returns the loss of the batch, for all pairs of all epochs, `batch` at a
/// time. Returns the loss per pair of the last tenth.
template <class Learn>
double for_each_pairs(const Arguments& arguments, Text& text, Learn&& learn) {
  taper::text::SkipGramSampler sampler(text.vocab.counts(), window, negative, sample);
  taper::Generator generator(arguments.seed);
  taper::text::SkipGramPairs pairs;
  std::vector<std::string_view> sentence;
  std::vector<std::int64_t> ids;
  const auto batch = static_cast<std::size_t>(arguments.batch);
  const double all = static_cast<double>(text.vocab.total()) * static_cast<double>(arguments.epochs);
  double read = 0, loss = 0, counted = 0;
  for (std::int64_t epoch = 0; epoch < arguments.epochs; ++epoch) {
    text.corpus.rewind();
    for (bool more = true; more;) {
      pairs.clear();
      while (pairs.words.size() < std::max<std::size_t>(16 * batch, 4096) && (more = text.corpus.next(sentence))) {
        ids.clear();
        for (const std::string_view word : sentence)
          if (const std::int64_t id = text.vocab.find(word); id >= 0) ids.push_back(id);
        read += static_cast<double>(ids.size());
        sampler.add(ids, generator, pairs);
      }
      const double rate = first_rate * std::max(1 - read / all, 1e-4);
      const std::span<const std::int64_t> words(pairs.words), contexts(pairs.contexts), negatives(pairs.negatives);
      for (std::size_t at = 0; at < words.size(); at += batch) {
        const std::size_t count = std::min(batch, words.size() - at);
        const double sum = learn(Pairs{words.subspan(at, count), contexts.subspan(at, count),
                                       negatives.subspan(at * negative, count * negative)},
                                 rate);
        if (read < 0.9 * all) continue;
        loss += sum;
        counted += static_cast<double>(count);
      }
    }
  }
  return counted == 0 ? 0 : loss / counted;
}

}  // namespace sgns
