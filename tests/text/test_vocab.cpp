#include "catch.h"
#include "taper/base/error.h"
#include "taper/text/vocab.h"
#include "temporary_folder.h"

using taper::text::Vocab;
using taper::text::VocabOptions;
using taper::text::WordCounts;
using taper_test::ContainsSubstring;
using taper_test::TemporaryFolder;

namespace {

WordCounts counted(std::initializer_list<std::pair<const char*, int>> words) {
  WordCounts counts;
  for (const auto& [word, times] : words) counts.add(word, times);
  return counts;
}

std::vector<std::string> words_of(const Vocab& vocab) {
  std::vector<std::string> words;
  for (std::int64_t id = 0; id < vocab.size(); ++id) words.emplace_back(vocab.word(id));
  return words;
}

const WordCounts royal = counted({{"ring", 2}, {"king", 5}, {"the", 9}, {"queen", 2}, {"once", 1}});

}  // namespace

TEST_CASE("a vocabulary has the most frequent word first, and words of equal count by first appearance") {
  const Vocab vocab(royal);
  CHECK(words_of(vocab) == std::vector<std::string>{"the", "king", "ring", "queen", "once"});
  CHECK(vocab.total() == 19);
  CHECK(vocab.count(1) == 5);
  CHECK(vocab.id("queen") == 3);
  CHECK(vocab.find("knight") == -1);
  CHECK_FALSE(vocab.contains("<unk>"));
}

TEST_CASE("special words have the first ids, in their order, and <unk> stands for all that is left out") {
  const Vocab vocab(royal, {.specials = {"<unk>", "<pad>"}, .min_count = 2});
  CHECK(words_of(vocab) == std::vector<std::string>{"<unk>", "<pad>", "the", "king", "ring", "queen"});
  CHECK(vocab.specials() == 2);
  CHECK(vocab.id("once") == 0);
  CHECK(vocab.find("once") == -1);
  CHECK(vocab.count(0) == 1);
  CHECK(vocab.count(1) == 0);
  CHECK(vocab.total() == 19);
  CHECK(vocab.encode("the  once\tking\n") == std::vector<std::int64_t>{2, 0, 3});
}

TEST_CASE("a special word that occurs in the text keeps its place and its count") {
  const Vocab vocab(royal, {.specials = {"queen"}});
  CHECK(words_of(vocab) == std::vector<std::string>{"queen", "the", "king", "ring", "once"});
  CHECK(vocab.count(0) == 2);
}

TEST_CASE("max_size keeps the most frequent words, specials included") {
  const Vocab vocab(royal, {.specials = {"<pad>"}, .max_size = 3});
  CHECK(words_of(vocab) == std::vector<std::string>{"<pad>", "the", "king"});
  CHECK(vocab.total() == 14);
}

TEST_CASE("words turn into ids and back") {
  const Vocab vocab(royal);
  const std::vector<std::int64_t> ids = vocab.encode({"king", "the"});
  CHECK(ids == std::vector<std::int64_t>{1, 0});
  CHECK(vocab.decode(ids) == std::vector<std::string>{"king", "the"});
  CHECK(vocab.encode(std::vector<std::string>{"once"}) == std::vector<std::int64_t>{4});
}

TEST_CASE("an unknown word is named with the nearest spellings") {
  const Vocab vocab(royal);
  CHECK_THROWS_AS(vocab.id("kng"), taper::IndexError);
  CHECK_THROWS_WITH(vocab.id("kng"), ContainsSubstring("'kng'") && ContainsSubstring("nearest spellings: 'king'"));
  CHECK_THROWS_WITH(vocab.id("QUEEN"), ContainsSubstring("nearest spellings: 'queen'"));
  CHECK_THROWS_WITH(vocab.id("qeuen"), ContainsSubstring("nearest spellings: 'queen'"));
  CHECK_THROWS_WITH(vocab.encode("the zzz"), ContainsSubstring("'zzz'") && !ContainsSubstring("nearest"));
  CHECK_THROWS_AS(vocab.word(5), taper::IndexError);
  CHECK_THROWS_WITH(vocab.count(-1), ContainsSubstring("-1") && ContainsSubstring("[0, 5)"));
}

TEST_CASE("spellings are compared by code points, not by bytes") {
  const Vocab vocab(counted({{"ab", 9}, {"고양이", 1}}));
  CHECK_THROWS_WITH(vocab.id("고양"), ContainsSubstring("nearest spellings: '고양이'"));
}

TEST_CASE("a min_count that removes every word says how many words each lower threshold would keep") {
  const auto make = [](std::int64_t min_count) { return Vocab(royal, {.min_count = min_count}); };
  CHECK_THROWS_AS(make(10), taper::ValueError);
  CHECK_THROWS_WITH(
      make(10), ContainsSubstring("min_count 10 removes every word") && ContainsSubstring("'the', occurs 9 times") &&
                    ContainsSubstring("min_count 9 keeps 1 word,") && ContainsSubstring("min_count 5 keeps 2 words") &&
                    ContainsSubstring("min_count 2 keeps 4 words") && ContainsSubstring("min_count 1 keeps 5 words"));
  CHECK(make(9).size() == 1);
}

TEST_CASE("where counts are large the thresholds told go in steps") {
  const WordCounts counts = counted({{"a", 2345}, {"b", 60}, {"c", 7}});
  CHECK_THROWS_WITH(
      Vocab(counts, {.min_count = 5000}),
      ContainsSubstring("min_count 2345 keeps 1 word, min_count 2000 keeps 1 word, min_count 1000 keeps 1 word") &&
          ContainsSubstring("min_count 50 keeps 2 words") && ContainsSubstring("min_count 5 keeps 3 words"));
}

TEST_CASE("a vocabulary refuses options that make no sense, and an empty count") {
  CHECK_THROWS_WITH(Vocab(WordCounts()), ContainsSubstring("no word was counted"));
  CHECK_THROWS_WITH(Vocab(royal, {.min_count = 0}), ContainsSubstring("min_count is 0"));
  CHECK_THROWS_WITH(Vocab(royal, {.max_size = -1}), ContainsSubstring("max_size is -1"));
  CHECK_THROWS_WITH(Vocab(royal, {.specials = {"a", "b"}, .max_size = 2}),
                    ContainsSubstring("more than the 2 special"));
  CHECK_THROWS_WITH(Vocab(royal, {.specials = {"a", "b", "a"}}), ContainsSubstring("'a' is named twice"));
  CHECK_THROWS_WITH(Vocab(royal, {.specials = {""}}), ContainsSubstring("empty"));
  CHECK_THROWS_WITH(Vocab(royal, {.specials = {"a b"}}), ContainsSubstring("white space"));
  WordCounts counts;
  CHECK_THROWS_AS(counts.add("a", -1), taper::ValueError);
}

TEST_CASE("a saved vocabulary loads as it was") {
  TemporaryFolder folder;
  const Vocab vocab(royal, {.specials = {"<pad>", "<unk>"}, .min_count = 2});
  vocab.save(folder / "vocab.txt");
  CHECK(taper_test::content_of(folder / "vocab.txt") ==
        "taper-vocab 6 2\n<pad> 0\n<unk> 1\nthe 9\nking 5\nring 2\nqueen 2\n");
  const Vocab loaded = Vocab::load(folder / "vocab.txt");
  CHECK(words_of(loaded) == words_of(vocab));
  CHECK(loaded.total() == vocab.total());
  CHECK(loaded.specials() == 2);
  CHECK(loaded.id("never seen") == 1);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a word with white space cannot be saved") {
  TemporaryFolder folder;
  CHECK_THROWS_AS(Vocab(counted({{"new york", 1}})).save(folder / "v"), taper::ValueError);
  CHECK(folder.entries() == 0);
}

TEST_CASE("a file that is no vocabulary is refused with its line") {
  TemporaryFolder folder;
  const auto load = [&](std::string_view content) { return Vocab::load(folder.file("v", content)); };
  CHECK_THROWS_AS(Vocab::load(folder / "missing"), taper::IoError);
  CHECK_THROWS_WITH(load(""), ContainsSubstring("v:1: empty file"));
  CHECK_THROWS_WITH(load("hello\n"), ContainsSubstring("v:1: 'hello'"));
  CHECK_THROWS_WITH(load("taper-vocab 1 2\n"), ContainsSubstring("v:1:"));
  CHECK_THROWS_WITH(load("taper-vocab 3 0\na 2\nb 1\n"), ContainsSubstring("word 3 of 3: unexpected end"));
  CHECK_THROWS_WITH(load("taper-vocab 1 0\na 2\nb 1\n"), ContainsSubstring("v:3: more than the 1 words"));
  CHECK_THROWS_WITH(load("taper-vocab 2 0\na 2\na 1\n"), ContainsSubstring("v:3: the word 'a' a second time"));
  CHECK_THROWS_WITH(load("taper-vocab 2 0\na 2\nb -1\n"), ContainsSubstring("v:3: 'b -1'"));
  CHECK_THROWS_WITH(load("taper-vocab 2 0\na 9223372036854775807\nb 1\n"),
                    ContainsSubstring("v:3: the counts overflow"));
  CHECK_THROWS_AS(load("taper-vocab 1 0\na\n"), taper::FormatError);
  CHECK(load("taper-vocab 1 0\r\na 2").count(0) == 2);
}
