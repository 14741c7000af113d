#include <algorithm>
#include <set>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/text/corpus.h"
#include "taper/text/toy_corpus.h"
#include "text/unicode.h"

using taper::text::Corpus;
using taper::text::toy_corpus;
using taper::text::toy_words;
using taper_test::ContainsSubstring;

TEST_CASE("the toy corpus is the same for the same seed, and a longer one begins like a shorter") {
  const std::string text = toy_corpus(300, 5);
  CHECK(text == toy_corpus(300, 5));
  CHECK(toy_corpus(400, 5).starts_with(text));
  CHECK(text != toy_corpus(300, 6));
  CHECK(std::count(text.begin(), text.end(), '\n') == 300);
  CHECK(toy_corpus(0).empty());
  CHECK_THROWS_AS(toy_corpus(-1), taper::ValueError);
}

TEST_CASE("every word of the toy corpus's kinds occurs often, in valid UTF-8, in one kind alone") {
  const std::string text = toy_corpus();
  CHECK(taper::text::find_invalid_utf8(text) == std::string::npos);
  Corpus corpus = Corpus::from_text(text);
  const auto counts = count_words(corpus);
  std::set<std::string> seen;
  for (const char* kind : {"animals", "foods", "people", "capitals", "countries"}) {
    const auto words = toy_words(kind);
    CHECK(words.size() % 3 == 0);
    for (const std::string& word : words) {
      INFO(word);
      CHECK(seen.insert(word).second);
      const auto id = counts.words.find(word);
      REQUIRE(id >= 0);
      CHECK(counts.counts[static_cast<std::size_t>(id)] >= 40);
    }
  }
  const auto royals = toy_words("royals"), people = toy_words("people");
  CHECK(royals.size() == 18);
  CHECK(std::includes(people.begin(), people.end(), royals.begin(), royals.end()));
  CHECK_THROWS_AS(toy_words("plants"), taper::ValueError);
  CHECK_THROWS_WITH(toy_words("plants"), ContainsSubstring("'plants'") && ContainsSubstring("animals"));
}

TEST_CASE("sentences of the toy corpus mix the languages") {
  Corpus corpus = Corpus::from_text(toy_corpus(200));
  std::vector<std::string_view> sentence;
  int mixed = 0;
  while (corpus.next(sentence)) {
    const auto english = [](std::string_view word) { return word[0] > 0; };
    const auto n = std::count_if(sentence.begin(), sentence.end(), english);
    mixed += n > 0 && n < static_cast<std::ptrdiff_t>(sentence.size()) ? 1 : 0;
  }
  CHECK(mixed > 60);
}
