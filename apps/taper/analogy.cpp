#include <taper/text/word_vectors.h>

#include <cstdint>
#include <memory>
#include <string>

#include "commands.h"
#include "print.h"

namespace taper_program {
namespace {

struct Options {
  std::string file, a, b, c;
  std::int64_t count = 5;
};

void run(const Options& options) {
  const auto vectors = taper::text::WordVectors::load(options.file);
  const auto answers = vectors.analogy(options.a, options.b, options.c, options.count);
  std::printf("%s : %s :: %s : %s\n", options.a.c_str(), options.b.c_str(), options.c.c_str(),
              answers.empty() ? "?" : answers.front().word.c_str());
  print(answers);
}

}  // namespace

void add_analogy(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("analogy", "A is to B as C is to ...: print the words nearest to B - A + C");
  command->add_option("FILE", options->file, "Word vectors, in word2vec's or GloVe's text format")->required();
  command->add_option("A", options->a, "man, for example")->required();
  command->add_option("B", options->b, "woman")->required();
  command->add_option("C", options->c, "king")->required();
  command->add_option("-k,--count", options->count, "How many answers to print, best first")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}));
  command->callback([options] { run(*options); });
}

}  // namespace taper_program
