#include <clocale>
#include <cmath>
#include <limits>
#include <locale>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/shape.h"
#include "taper/text/word_vectors.h"
#include "temporary_folder.h"

using taper::text::LoadVectorsOptions;
using taper::text::Neighbor;
using taper::text::WordVectors;
using taper_test::ContainsSubstring;
using taper_test::TemporaryFolder;

namespace {

using Words = std::vector<std::string>;

WordVectors royals() {
  return WordVectors(Words{"man", "woman", "king", "queen", "cat", "none"},
                     {1, 0, 0, 1, 1, 0, 1, 0, 2, 1, 1, 2, 0, -3, 0, 0, 0, 0}, 3);
}

Words names(const std::vector<Neighbor>& neighbors) {
  Words words;
  for (const Neighbor& neighbor : neighbors) words.push_back(neighbor.word);
  return words;
}

/// Loads from text, from a folder that is gone again.
WordVectors loaded(std::string_view content, const LoadVectorsOptions& options = {}, Words* notes = nullptr) {
  TemporaryFolder folder;
  return WordVectors::load(folder.file("v.vec", content), options, notes);
}

std::vector<float> row(const WordVectors& vectors, std::string_view word) {
  return {vectors[word].begin(), vectors[word].end()};
}

}  // namespace

TEST_CASE("the nearest words come by cosine, the word itself left out") {
  const WordVectors vectors = royals();
  const auto near = vectors.neighbors("man", 5);
  CHECK(names(near) == Words{"woman", "king", "queen", "cat", "none"});
  CHECK(near[0].similarity == Approx(1 / std::sqrt(2.0)));
  CHECK(near[1].similarity == Approx(1 / std::sqrt(5.0)));
  CHECK(names(vectors.neighbors("man", 1)) == Words{"woman"});
  CHECK(vectors.neighbors("man", 100).size() == 5);
  CHECK(vectors.neighbors("man", 0).empty());
  CHECK(vectors.similarity("queen", "cat") == Approx(-1 / std::sqrt(6.0)));
}

TEST_CASE("a zero vector has cosine zero with everything, and never NaN") {
  const WordVectors vectors = royals();
  CHECK(vectors.similarity("none", "man") == 0);
  for (const Neighbor& neighbor : vectors.neighbors("none")) CHECK(neighbor.similarity == 0);
  CHECK(names(vectors.neighbors("none", 2)) == Words{"man", "woman"});
}

TEST_CASE("an analogy leaves its three words out") {
  const WordVectors vectors = royals();
  CHECK(names(vectors.analogy("man", "woman", "king")) == Words{"queen"});
  CHECK(names(vectors.analogy("man", "woman", "king", 9)) == Words{"queen", "none", "cat"});
}

TEST_CASE("any vector may be asked for its neighbours") {
  const WordVectors vectors = royals();
  const std::vector<float> down = {0, -1, 0};
  CHECK(names(vectors.neighbors(down, 1)) == Words{"cat"});
  CHECK_THROWS_AS(vectors.neighbors(std::vector<float>{1, 2}, 1), taper::ShapeError);
  CHECK_THROWS_AS(vectors.neighbors("man", -1), taper::ValueError);
}

TEST_CASE("an unknown word in a question is named with the nearest spellings") {
  const WordVectors vectors = royals();
  CHECK_THROWS_AS(vectors.neighbors("kingg"), taper::IndexError);
  CHECK_THROWS_WITH(vectors.neighbors("kingg"),
                    ContainsSubstring("'kingg'") && ContainsSubstring("nearest spellings: 'king'"));
  CHECK_THROWS_WITH(vectors.analogy("man", "womn", "king"),
                    ContainsSubstring("'womn'") && ContainsSubstring("'woman'"));
  CHECK_THROWS_AS(vectors.word(6), taper::IndexError);
}

TEST_CASE("word vectors are made of words that differ and of finite numbers") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(WordVectors(Words{"a"}, {1, 2, 3}, 2), taper::ShapeError);
  CHECK_THROWS_AS(WordVectors(Words{"a"}, {}, 0), taper::ValueError);
  CHECK_THROWS_WITH(WordVectors(Words{"a", "a"}, {1, 2}, 1), ContainsSubstring("'a' is there twice"));
  CHECK_THROWS_AS(WordVectors(Words{"a", "b"}, {1, nan}, 1), taper::NumericError);
  CHECK_THROWS_WITH(WordVectors(Words{"a", "b"}, {1, nan}, 1), ContainsSubstring("value 0 of the word 'b' is nan"));
}

TEST_CASE("saved vectors load with the same bits") {
  TemporaryFolder folder;
  const std::vector<float> values = {0.1F, -1e-38F, 3.4028235e38F, 1.4e-45F, -0.0F, 16777216.0F};
  WordVectors(Words{"고양이", "new york"}, values, 3).save(folder / "v.vec");
  CHECK(taper_test::content_of(folder / "v.vec") ==
        "2 3\n고양이 0.1 -1e-38 3.4028235e+38\nnew york 1e-45 -0 16777216\n");
  const WordVectors back = WordVectors::load(folder / "v.vec");
  CHECK(std::vector<float>(back.values().begin(), back.values().end()) == values);
  CHECK(std::signbit(back.values()[4]));
  CHECK(back.word(1) == "new york");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a word that the text format cannot hold is not saved, and the old file stays") {
  TemporaryFolder folder;
  const std::string path = folder.file("v.vec", "old");
  for (const char* word : {"", "a\nb", " a", "a ", "a\r"})
    CHECK_THROWS_AS(WordVectors(Words{word}, {1}, 1).save(path), taper::ValueError);
  CHECK(taper_test::content_of(path) == "old");
  CHECK_THROWS_AS(royals().save(folder / "no/such/v.vec"), taper::IoError);
  CHECK_THROWS_WITH(royals().save("/dev/full"), ContainsSubstring("/dev/full") && ContainsSubstring("No space left"));
}

TEST_CASE("word2vec's files load: blanks at line ends, CR LF, tabs, a byte order mark, no last newline, empty lines") {
  for (const char* text : {"2 2\na 1 2 \nb 3 4 \n", "2 2\r\na 1 2\r\nb 3 4\r\n",
                           "\xef\xbb\xbf"
                           "2 2\na 1 2\nb 3 4",
                           "2\t2\na\t1\t2\nb  3   4", "2 2\n\na +1 2.0e0\n \nb 3 .4e1\n\n"}) {
    const WordVectors vectors = loaded(text);
    CHECK(vectors.size() == 2);
    CHECK(row(vectors, "a") == std::vector<float>{1, 2});
    CHECK(row(vectors, "b") == std::vector<float>{3, 4});
  }
}

TEST_CASE("a file without a header is GloVe's, and its dimension is the first line's") {
  const WordVectors vectors = loaded("the 0.5 -1\ncat 1 2\n");
  CHECK(vectors.dim() == 2);
  CHECK(vectors.size() == 2);
}

TEST_CASE("a word may hold blanks where the dimension is known, which is reported") {
  Words notes;
  const WordVectors vectors = loaded(". . . 1 2\nat x@y.z 3 4\n", {.dim = 2}, &notes);
  CHECK(row(vectors, ". . .") == std::vector<float>{1, 2});
  CHECK(row(vectors, "at x@y.z") == std::vector<float>{3, 4});
  REQUIRE(notes.size() == 2);
  CHECK_THAT(notes[0], ContainsSubstring("v.vec:1: the word '. . .' holds blanks"));
  CHECK(loaded("1 2\n. . . 1 2\n").contains(". . ."));
}

TEST_CASE("bytes that only other programs take for white space stay in their word") {
  CHECK(loaded("3 1\na\xc2\xa0"
               "b 1\nc\xc2\x85 2\nd\xe2\x80\xa8 3\n")
            .contains("a\xc2\xa0"
                      "b"));
}

TEST_CASE("of a word that comes twice the first counts, which is reported") {
  Words notes;
  const WordVectors vectors = loaded("3 1\na 1\nb 2\na 3\n", {}, &notes);
  CHECK(vectors.size() == 2);
  CHECK(row(vectors, "a") == std::vector<float>{1});
  REQUIRE(notes.size() == 1);
  CHECK_THAT(notes[0], ContainsSubstring("v.vec:4: the word 'a' a second time"));
}

TEST_CASE("a header whose sizes cannot be is refused before anything is allocated") {
  CHECK_THROWS_AS(loaded("9223372036854775807 9223372036854775807\n"), taper::FormatError);
  CHECK_THROWS_WITH(loaded("9223372036854775807 9223372036854775807\n"),
                    ContainsSubstring("v.vec:1: count x dim overflows"));
  CHECK_THROWS_WITH(loaded("99999999999999999999 1\na 1\n"), ContainsSubstring("count x dim overflows"));
  CHECK_THROWS_WITH(loaded("4611686018427387904 1\na 1\n"), ContainsSubstring("count x dim overflows"));
  CHECK_THROWS_WITH(loaded("-1 3\n"), ContainsSubstring("negative"));
  CHECK_THROWS_WITH(loaded("1 0\na\n"), ContainsSubstring("dimension 0"));
  CHECK_THROWS_WITH(loaded("1000000000 1000000000\na 1\n"),
                    ContainsSubstring("v.vec:2: 'a' has 1 numbers; 1000000000 expected"));
  CHECK_THROWS_WITH(loaded("1 2\na 1 2\n", {.dim = 3}), ContainsSubstring("dimension 2, dim = 3 was asked for"));
  CHECK_THROWS_AS(loaded("10 10\na 1\n", {.max_bytes = 399}), taper::ResourceError);
  CHECK_THROWS_WITH(loaded("10 10\na 1\n", {.max_bytes = 399}), ContainsSubstring("needs 400 bytes, budget 399 bytes"));
  CHECK_THROWS_AS(loaded("a 1 2\nb 1 2\n", {.max_bytes = 8}), taper::ResourceError);
}

TEST_CASE("a file with fewer or more words than its header names is refused") {
  std::string text = "1000 2\n";
  for (int i = 0; i < 10; ++i) text += std::to_string(i) + "w 1 2\n";
  CHECK_THROWS_AS(loaded(text), taper::FormatError);
  CHECK_THROWS_WITH(loaded(text), ContainsSubstring("word 11 of 1000: unexpected end"));
  CHECK_THROWS_WITH(loaded("1 1\na 1\nb 2\n"), ContainsSubstring("v.vec:3: more than the 1 words"));
  Words notes;
  CHECK(loaded(text, {.strict = false}, &notes).size() == 10);
  CHECK_THAT(notes.at(0), ContainsSubstring("word 11 of 1000: unexpected end"));
  CHECK(loaded("1 1\na 1\nb 2\nc 3\n", {.strict = false}, &notes).size() == 3);
  CHECK(notes.size() == 1);
}

TEST_CASE("a line with too few or too many numbers is refused, or passed over where that is asked for") {
  CHECK_THROWS_WITH(loaded("2 3\na 1 2 3\nb 1 2\n"), ContainsSubstring("v.vec:3: 'b' has 2 numbers; 3 expected"));
  CHECK_THROWS_WITH(loaded("1 2\na 1 2 3\n"), ContainsSubstring("v.vec:2: 'a' has more than the 2 numbers expected"));
  CHECK_THROWS_WITH(loaded("word\n"), ContainsSubstring("'word' is neither a header"));
  Words notes;
  const WordVectors vectors = loaded("3 2\na 1 2\nb 1\nc 3 4\n", {.strict = false}, &notes);
  CHECK(vectors.size() == 2);
  CHECK(row(vectors, "c") == std::vector<float>{3, 4});
  CHECK_THAT(notes.at(0), ContainsSubstring("v.vec:3: 'b' has 1 numbers; 2 expected; line passed over"));
}

TEST_CASE("what is no finite decimal number is refused with its column") {
  for (const char* number :
       {"nan", "inf", "-inf", "NaN", "1e400", "1e39", "1,5", "0x1p3", "1.5f", "--1", "+-1", "1e", "."}) {
    const std::string text = std::string("2 2\na 1 2\nb 3 ") + number + "\n";
    INFO(number);
    CHECK_THROWS_AS(loaded(text), taper::FormatError);
    CHECK_THROWS_WITH(loaded(text),
                      ContainsSubstring("v.vec:3: column 5: number 2 of 'b'") && ContainsSubstring(number));
  }
  CHECK(row(loaded("1 2\na 1e-400 -1e-60\n"), "a") == std::vector<float>{0, 0});
}

TEST_CASE("the locale does not change how numbers are read or written") {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const std::string c_before = std::setlocale(LC_NUMERIC, nullptr);
  std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
  TemporaryFolder folder;
  const WordVectors vectors = loaded("1 2\na 0.5 -1.25\n");
  vectors.save(folder / "v.vec");
  std::setlocale(LC_NUMERIC, c_before.c_str());
  std::locale::global(before);
  CHECK(row(vectors, "a") == std::vector<float>{0.5F, -1.25F});
  CHECK(taper_test::content_of(folder / "v.vec") == "1 2\na 0.5 -1.25\n");
}

TEST_CASE("a word that is not UTF-8 keeps its bytes, or is refused with its offset where that is asked for") {
  const std::string text = "2 1\nok 1\nx\x80y 2\n";
  CHECK(loaded(text).contains("x\x80y"));
  CHECK_THROWS_AS(loaded(text, {.reject_invalid_utf8 = true}), taper::FormatError);
  CHECK_THROWS_WITH(loaded(text, {.reject_invalid_utf8 = true}), ContainsSubstring("v.vec:3:") &&
                                                                     ContainsSubstring("'x\\x80y'") &&
                                                                     ContainsSubstring("at byte 10 of the file"));
}

TEST_CASE("a word without end is an error and not a waste of memory") {
  const std::string word(100001, 'x');
  CHECK_THROWS_WITH(loaded(word), ContainsSubstring("v.vec:1: word longer than limit"));
  CHECK_THROWS_WITH(loaded("1 2\n" + word), ContainsSubstring("v.vec:2: word longer than limit"));
  CHECK_THROWS_WITH(loaded("1 2\n" + word + " 1 2\n"), ContainsSubstring("v.vec:2: word longer than limit"));
  CHECK_THROWS_WITH(loaded(std::string(20 << 20, 'x')), ContainsSubstring("v.vec:1: word longer than limit"));
  CHECK_THROWS_WITH(loaded("1 1\nabc 1\n", {.max_word = 2}),
                    ContainsSubstring("word longer than limit, which is 2 bytes"));
}

TEST_CASE("files that are empty, missing, compressed or no files at all are refused") {
  TemporaryFolder folder;
  CHECK_THROWS_WITH(loaded(""), ContainsSubstring("v.vec:1: empty file"));
  CHECK_THROWS_WITH(loaded(" \n\n"), ContainsSubstring("white space alone"));
  CHECK_THROWS_WITH(loaded("\x1f\x8b\x08xyz"), ContainsSubstring("v.vec:0: gzip data; decompress first"));
  CHECK_THROWS_WITH(
      loaded("PK\x03\x04xyz"),
      ContainsSubstring("zip data; decompress first, or open it with taper::load if it is a .pt or .npz file"));
  CHECK_THROWS_AS(WordVectors::load(folder / "missing"), taper::IoError);
  CHECK_THROWS_WITH(WordVectors::load(folder / "missing"), ContainsSubstring("missing': No such file or directory"));
  CHECK_THROWS_WITH(WordVectors::load(folder.path()), ContainsSubstring("Is a directory"));
}

TEST_CASE("at most a hundred notes are kept, and the rest is counted") {
  std::string text = "1 1\na 1\n";
  for (int i = 0; i < 150; ++i) text += "a 1\n";
  Words notes = {"old"};
  loaded(text, {.strict = false}, &notes);
  CHECK(notes.size() == 101);
  CHECK_THAT(notes.back(), ContainsSubstring("and 51 more"));
}

TEST_CASE("options that make no sense are refused") {
  CHECK_THROWS_AS(loaded("1 1\na 1\n", {.dim = -1}), taper::ValueError);
  CHECK_THROWS_AS(loaded("1 1\na 1\n", {.max_word = 0}), taper::ValueError);
  CHECK_THROWS_AS(loaded("1 1\na 1\n", {.max_bytes = -1}), taper::ValueError);
}

TEST_CASE("a matrix becomes word vectors and word vectors a matrix") {
  const taper::Tensor matrix = taper::tensor({{1.0, 3.0, 5.0}, {2.0, 4.0, 6.0}}, {.dtype = taper::float64});
  const WordVectors vectors(Words{"a", "b", "c"}, matrix.t());
  CHECK(row(vectors, "b") == std::vector<float>{3, 4});
  const taper::Tensor back = vectors.matrix();
  CHECK(back.shape() == taper::Shape{3, 2});
  CHECK(back.dtype() == taper::float32);
  CHECK(back.to_vector<float>() == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(WordVectors(Words{"a"}, taper::tensor({1.0})), taper::ShapeError);
  CHECK_THROWS_AS(WordVectors(Words{"a"}, matrix), taper::ShapeError);
  CHECK_THROWS_AS(WordVectors(Words{"a"}, taper::tensor({{1, 2}})), taper::TypeError);
}
