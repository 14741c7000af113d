#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "commands.h"
#include "trainer.h"

namespace taper_program {
namespace {

namespace text = taper::text;

struct Options : TrainOptions {
  std::vector<std::string> corpus;
  std::string output;
  bool lowercase = false;
  std::int64_t min_count = 5;
  int threads = 0;
};

/// Better before the training than after it.
void check_output(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw taper::IoError("train: '" + path + "': Is a directory");
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const bool there = std::filesystem::exists(path, error);
  const std::string asked = there ? path : folder.empty() ? "." : folder.string();
  if (::access(asked.c_str(), there ? W_OK : W_OK | X_OK) != 0)
    throw taper::IoError("train: '" + path + "' cannot be written: " + std::strerror(errno));
}

text::Corpus open(const Options& options) {
  std::error_code error;
  for (const std::string& path : options.corpus)
    if (std::filesystem::equivalent(path, options.output, error))
      throw taper::ValueError("train: --output '" + options.output + "' is the corpus itself");
  const text::CorpusOptions reading{.lowercase = options.lowercase};
  return options.corpus.empty() ? text::Corpus::from_text(text::toy_corpus(), reading)
                                : text::Corpus(options.corpus, reading);
}

std::string shortest(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// A seed as PyTorch takes it, a negative one as seed + 2^64. Returns what is wrong with it.
std::string unsigned_seed(std::string& seed) {
  std::uint64_t value = 0;
  std::int64_t negative = 0;
  const char* end = seed.data() + seed.size();
  const auto [rest, error] =
      seed.starts_with('-') ? std::from_chars(seed.data(), end, negative) : std::from_chars(seed.data(), end, value);
  if (error != std::errc() || rest != end)
    return "'" + seed + "' is no seed; a whole number between -2^63 and 2^64 - 1 is needed";
  if (negative < 0) seed = std::to_string(static_cast<std::uint64_t>(negative));
  return {};
}

void run(const Options& options) {
  if (!(options.lr > 0 && options.lr <= 100))
    throw taper::ValueError("train: --lr is " + shortest(options.lr) + "; it must be above 0 and at most 100");
  if (!(options.sample >= 0 && options.sample <= 1))
    throw taper::ValueError("train: --sample is " + shortest(options.sample) + "; it must be between 0 and 1");
  check_output(options.output);
  if (options.threads > 0) taper::set_num_threads(options.threads);
  taper::manual_seed(options.seed);
  text::Corpus corpus = open(options);
  const text::WordCounts counts = count_words(corpus);
  const text::Vocab vocab(counts, {.min_count = options.min_count});
  std::printf("vocabulary: %lld words, which make up %lld of the corpus's %lld\n", static_cast<long long>(vocab.size()),
              static_cast<long long>(vocab.total()), static_cast<long long>(counts.total));
  std::fflush(stdout);

  Trainer trainer(corpus, vocab, options);
  Progress progress(options.epochs * vocab.total());
  trainer.run(progress);
  const double seconds = progress.seconds();
  progress.clear();

  std::vector<std::string> words;
  for (std::int64_t id = 0; id < vocab.size(); ++id) words.emplace_back(vocab.word(id));
  text::WordVectors(words, trainer.model().center.weight).save(options.output);
  if (trainer.loss() == 0)
    std::fprintf(stderr, "taper: train: no two words of a line were left to learn from%s; the vectors are untrained\n",
                 options.sample > 0 ? ", --sample 0 passes over none" : "");
  std::printf("training: %lld epochs in %.1f s, %.0f words/s, loss %.4f per pair\n",
              static_cast<long long>(options.epochs), seconds,
              static_cast<double>(options.epochs) * static_cast<double>(vocab.total()) / seconds, trainer.loss());
  std::printf("vectors: %s, %lld x %lld\n", options.output.c_str(), static_cast<long long>(vocab.size()),
              static_cast<long long>(options.dim));
}

}  // namespace

void add_train(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("train", "Train word vectors by skip-gram with negative sampling");
  const auto count = [&](const char* name, std::int64_t& value, const char* help, std::int64_t least = 1) {
    command->add_option(name, value, help)->capture_default_str()->check(CLI::Range(least, std::int64_t{1000000000}));
  };
  command->add_option(
      "CORPUS", options->corpus,
      "Text files, a sentence per line, words parted by white space; the built-in toy corpus where none is named");
  command->add_option("-o,--output", options->output, "File for the vectors, in word2vec's text format")->required();
  command->add_flag("--lowercase", options->lowercase, "Turn words into lower case (Unicode)");
  count("--dim", options->dim, "Numbers per word");
  count("--window", options->window, "Words looked at on either side, at most; the width is drawn from 1 to this");
  count("--negative", options->negative, "Noise words that a pair counts");
  count("--epochs", options->epochs, "Times to go through the corpus");
  count("--min-count", options->min_count, "Leave out words that occur less often");
  command
      ->add_option("--sample", options->sample,
                   "Pass over words more frequent than this share of the text, at random; 0: none")
      ->capture_default_str();
  command->add_option("--lr", options->lr, "Learning rate per pair at the start; falls in a line to nearly 0")
      ->capture_default_str();
  count("--batch", options->batch, "Words per step");
  command
      ->add_option(
          "--threads", options->threads,
          "Threads; 0: as many as TAPER_NUM_THREADS or OMP_NUM_THREADS says, or one per processor. Results do not "
          "depend on it")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096));
  command->add_option("--seed", options->seed, "Seed of all random draws; the same seed gives the same vectors")
      ->capture_default_str()
      ->transform(CLI::Validator(unsigned_seed, "[-2^63, 2^64 - 1]"));
  command->callback([options] { run(*options); });
}

}  // namespace taper_program
