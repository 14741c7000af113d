#include "catch.h"
#include "taper/base/error.h"
#include "taper/text/word_index.h"

using taper::text::WordIndex;

TEST_CASE("words are numbered in the order in which they come, each once") {
  WordIndex index;
  CHECK(index.find("a") == -1);
  CHECK(index.add("b") == 0);
  CHECK(index.add("") == 1);
  CHECK(index.add(std::string_view("x\0y", 3)) == 2);
  CHECK(index.add("b") == 0);
  CHECK(index.size() == 3);
  CHECK(index.word(2) == std::string_view("x\0y", 3));
  CHECK(index.find("x") == -1);
  CHECK_THROWS_AS(index.word(3), taper::IndexError);
  CHECK_THROWS_AS(index.word(-1), taper::IndexError);
}

TEST_CASE("a hundred thousand words are all found again") {
  WordIndex index;
  for (int i = 0; i < 100000; ++i) REQUIRE(index.add(std::to_string(i * 7)) == i);
  for (int i = 0; i < 100000; i += 37) {
    REQUIRE(index.find(std::to_string(i * 7)) == i);
    REQUIRE(index.word(i) == std::to_string(i * 7));
  }
  CHECK(index.find("1") == -1);
}

TEST_CASE("the nearest spellings come first, then the lower numbers, and never what has nothing in common") {
  WordIndex index;
  for (const char* word : {"kind", "king", "kings", "queen", "ring", "고양이"}) index.add(word);
  CHECK(index.nearest_spellings("kin") == std::vector<std::string>{"kind", "king", "kings"});
  CHECK(index.nearest_spellings("KINGS", 1) == std::vector<std::string>{"kings"});
  CHECK(index.nearest_spellings("knig", 1) == std::vector<std::string>{"king"});
  CHECK(index.nearest_spellings("고앙이") == std::vector<std::string>{"고양이"});
  CHECK(index.nearest_spellings("zzz").empty());
  CHECK(index.nearest_spellings("king", 0).empty());
}
