#ifdef TAPER_PROGRAM
#include <algorithm>

#include "apps/program.h"
#include "catch.h"
#include "taper/text/toy_corpus.h"
#include "taper/text/word_vectors.h"

using taper::text::Neighbor;
using taper::text::WordVectors;
using taper_test::ContainsSubstring;
using taper_test::run_taper;
using taper_test::TemporaryFolder;

namespace {

bool is_english(const Neighbor& neighbor) { return neighbor.word[0] > 0; }

void check_complaint(const std::string& arguments, const std::string& fragment) {
  INFO(arguments);
  const auto [status, out, err] = run_taper(arguments);
  CHECK(status == 2);
  CHECK(std::count(err.begin(), err.end(), '\n') == 1);
  CHECK_THAT(err, ContainsSubstring("taper: ") && ContainsSubstring(fragment));
}

}  // namespace

TEST_CASE("taper train learns the toy corpus: its animals, its genders, its capitals and its three languages") {
  TemporaryFolder folder;
  const auto [status, out, err] = run_taper("train --dim 32 --seed 7 -o " + folder / "toy.vec");
  REQUIRE(status == 0);
  CHECK(err.empty());
  CHECK_THAT(
      out, ContainsSubstring("vocabulary: 557 words") && ContainsSubstring("words/s") && ContainsSubstring("557 x 32"));
  const WordVectors vectors = WordVectors::load(folder / "toy.vec");

  const auto animals = taper::text::toy_words("animals");
  for (const Neighbor& near : vectors.neighbors("cat", 8)) {
    INFO(near.word);
    CHECK(std::count(animals.begin(), animals.end(), near.word) == 1);
  }
  CHECK(vectors.analogy("man", "woman", "king")[0].word == "queen");
  const auto near = vectors.neighbors("男人", vectors.size());
  CHECK(std::find_if(near.begin(), near.end(), is_english)->word == "man");

  const auto capitals = taper::text::toy_words("capitals"), countries = taper::text::toy_words("countries");
  int right = 0;
  for (std::size_t i = 3; i < capitals.size(); i += 3)
    right += vectors.analogy(capitals[0], countries[0], capitals[i])[0].word == countries[i] ? 1 : 0;
  CHECK(right >= 8);
}

TEST_CASE("the same seed gives the same vectors, on one thread and on two, another seed gives others") {
  TemporaryFolder folder;
  const std::string text = folder.file("toy.txt", taper::text::toy_corpus(600));
  const auto train = [&](const std::string& options) {
    REQUIRE(run_taper("train " + text + " --dim 16 --batch 256 " + options + " -o " + folder / "v.vec").status == 0);
    return taper_test::content_of(folder / "v.vec");
  };
  const std::string first = train("--epochs 2 --seed 3 --threads 1");
  CHECK(first == train("--epochs 2 --seed 3 --threads 2"));
  CHECK(first != train("--epochs 2 --seed 4"));
  CHECK(train("--epochs 1 --seed -1") == train("--epochs 1 --seed 18446744073709551615"));
}

TEST_CASE("taper train reads several files and turns words into lower case where it is told to") {
  TemporaryFolder folder;
  const std::string one = folder.file("1", "The cat\n"), two = folder.file("2", "the CAT ÄPFEL äpfel"),
                    out = folder / "v.vec";
  CHECK_THAT(run_taper("train " + one + " " + two + " --min-count 1 --dim 4 -o " + out).out,
             ContainsSubstring("vocabulary: 6 words"));
  CHECK_THAT(run_taper("train " + one + " " + two + " --min-count 2 --lowercase --dim 4 -o " + out).out,
             ContainsSubstring("vocabulary: 3 words, which make up 6 of the corpus's 6"));
  CHECK(WordVectors::load(out).contains("äpfel"));
}

TEST_CASE(
    "a corpus that gives no pair, as each line has one word, still gives vectors, and says that they are untrained") {
  TemporaryFolder folder;
  const auto done =
      run_taper("train " + folder.file("1", "cat\ndog\n") + " --min-count 1 --dim 3 -o " + folder / "v.vec");
  CHECK(done.status == 0);
  CHECK_THAT(done.err, ContainsSubstring("no two words of a line were left to learn from"));
  CHECK(WordVectors::load(folder / "v.vec").size() == 2);
}

TEST_CASE("a training that cannot be is one line on standard error and status 2, and leaves the old file alone") {
  TemporaryFolder folder;
  const std::string old = folder.file("old.vec", "old");
  const std::string text = folder.file("text", "a a a b b c\n"), to = " -o " + old;
  check_complaint("train " + text, "--output is required");
  check_complaint("train " + folder / "none.txt" + to, "none.txt': No such file or directory");
  check_complaint("train " + folder.path() + to, "Is a directory");
  check_complaint("train " + folder.file("empty", "") + to, "empty' is empty");
  check_complaint("train " + folder.file("blank", " \n") + to, "blank' holds no word");
  check_complaint("train " + text + to,
                  "min_count 5 removes every word (the most frequent, 'a', occurs 3 times); lower thresholds: "
                  "min_count 3 keeps 1 word, min_count 2 keeps 2 words, min_count 1 keeps 3 words");
  for (const char* option :
       {"--dim 0", "--window 0", "--negative 0", "--epochs 0", "--min-count 0", "--batch 0", "--lr 0", "--sample -1",
        "--threads -1", "--seed x", "--seed 1.5", "--seed 18446744073709551616", "--seed 12345678901234567890123",
        "--seed -9223372036854775809", "--lr nan"})
    check_complaint("train " + text + to + " " + option, std::string(option).substr(0, std::string(option).find(' ')));
  check_complaint("train " + text + to + " --lr 0", "--lr is 0; it must be above 0");
  CHECK(taper_test::content_of(old) == "old");
  check_complaint("train " + text + " --min-count 1 -o " + text, "is the corpus itself");
  check_complaint("train " + text + " -o " + folder.path(), "Is a directory");
  check_complaint("train " + text + " -o " + folder / "no/such.vec",
                  "no/such.vec' cannot be written: No such file or directory");
}

TEST_CASE("a training that diverges says so") {
  TemporaryFolder folder;
  const std::string text = folder.file("toy.txt", taper::text::toy_corpus(300));
  check_complaint("train " + text + " --dim 8 --lr 100 --epochs 50 -o " + folder / "v.vec", "the loss grew to");
}
#endif
