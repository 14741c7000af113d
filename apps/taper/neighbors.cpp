#include <taper/text/word_vectors.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "print.h"

namespace taper_program {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> words;
  std::int64_t count = 10;
  bool ascii = false;
};

bool is_ascii(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<taper::text::Neighbor> nearest(const taper::text::WordVectors& vectors, const std::string& word,
                                           const Options& options) {
  if (!options.ascii) return vectors.neighbors(word, options.count);
  std::vector<taper::text::Neighbor> near = vectors.neighbors(word, vectors.size());
  std::erase_if(near, [](const taper::text::Neighbor& neighbor) { return !is_ascii(neighbor.word); });
  if (near.size() > static_cast<std::size_t>(options.count)) near.resize(static_cast<std::size_t>(options.count));
  return near;
}

void run(const Options& options) {
  const auto vectors = taper::text::WordVectors::load(options.file);
  for (const std::string& word : options.words) vectors.id(word);  // an unknown word stops before anything is printed
  for (const std::string& word : options.words) {
    std::printf("%s\n", word.c_str());
    print(nearest(vectors, word, options));
  }
}

}  // namespace

void add_neighbors(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("neighbors", "Print the words nearest to WORD, with the cosine of their vectors");
  command->add_option("FILE", options->file, "Word vectors, in word2vec's or GloVe's text format")->required();
  command->add_option("WORD", options->words, "Words to look up")->required();
  command->add_option("-k,--count", options->count, "How many words to print for each")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}));
  command->add_flag("--ascii", options->ascii, "Print words of ASCII characters only");
  command->callback([options] { run(*options); });
}

}  // namespace taper_program
