#include <sys/stat.h>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/text/corpus.h"
#include "temporary_folder.h"

using taper::text::Corpus;
using taper::text::CorpusOptions;
using taper::text::count_words;
using taper_test::ContainsSubstring;
using taper_test::TemporaryFolder;

namespace {

std::string all(Corpus& corpus) {
  std::string out;
  std::vector<std::string_view> sentence;
  while (corpus.next(sentence)) {
    for (std::size_t i = 0; i < sentence.size(); ++i) (out += i == 0 ? "" : " ") += sentence[i];
    out += "|";
  }
  return out;
}

std::string all_of(std::string text, const CorpusOptions& options = {}) {
  Corpus corpus = Corpus::from_text(std::move(text), options);
  return all(corpus);
}

}  // namespace

TEST_CASE("a line is a sentence, and ASCII white space alone parts words") {
  CHECK(all_of("the cat\tsat \v\f on\r\n\n  \nthe mat") == "the cat sat on|the mat|");
  CHECK(all_of("a\xc2\xa0"
               "b \xe2\x80\xa8 \x85 \xff\xfe") ==
        "a\xc2\xa0"
        "b \xe2\x80\xa8 \x85 \xff\xfe|");
  CHECK(all_of(" \n \n").empty());
}

TEST_CASE("several files are read one after the other, again after rewind, and the end of a file ends a sentence") {
  TemporaryFolder folder;
  Corpus corpus({folder.file("a", "\xef\xbb\xbfone two"), folder.file("none", ""), folder.file("b", "three\nfour\n")});
  CHECK(corpus.size_bytes() == 21);
  CHECK(all(corpus) == "one two|three|four|");
  CHECK(corpus.bytes_read() == 21);
  CHECK(all(corpus).empty());
  corpus.rewind();
  CHECK(corpus.bytes_read() == 0);
  Corpus moved = std::move(corpus);
  CHECK(all(moved) == "one two|three|four|");
}

TEST_CASE("words and lines that a read cuts come whole") {
  TemporaryFolder folder;
  std::string text, expected;
  for (int i = 0; text.size() < (5 << 19); ++i) {
    std::string line = std::to_string(i);
    line.append(" 고양이").append(static_cast<std::size_t>(i % 300), 'x');
    text += line + "\n";
    expected += line + "|";
  }
  Corpus corpus({folder.file("big", text)});
  CHECK(all(corpus) == expected);
}

TEST_CASE("a sentence longer than the limit goes on as the next one") {
  CHECK(all_of("a b c d e\nf g\n", {.max_sentence = 2}) == "a b|c d|e|f g|");
  std::string line;
  for (int i = 0; i < 2500; ++i) line += "w ";
  Corpus corpus = Corpus::from_text(line);
  std::vector<std::size_t> lengths;
  std::vector<std::string_view> sentence;
  while (corpus.next(sentence)) lengths.push_back(sentence.size());
  CHECK(lengths == std::vector<std::size_t>{1000, 1000, 500});
}

TEST_CASE("lowercase knows more than ASCII and leaves alone what is not UTF-8") {
  CHECK(all_of("The ÄRGER ΣΟΦΙΑ МОСКВА 고양이 A\xff"
               "B",
               {.lowercase = true}) ==
        "the ärger σοφια москва 고양이 a\xff"
        "b|");
  CHECK(all_of("The ÄRGER") == "The ÄRGER|");
}

TEST_CASE("a word longer than the limit is an error that names the line") {
  CHECK(all_of(std::string("x ").append(1000, 'y')).size() == 1003);
  CHECK_THROWS_AS(all_of(std::string("x\n").append(1001, 'y')), taper::FormatError);
  CHECK_THROWS_WITH(all_of(std::string("x\n").append(1001, 'y')),
                    ContainsSubstring("text:2: word longer than the limit of 1000 bytes"));
  TemporaryFolder folder;
  Corpus corpus({folder.file("a", "ok\n"), folder.file("b", std::string("1\n2\n").append(3 << 20, 'z'))});
  CHECK_THROWS_WITH(all(corpus), ContainsSubstring("b:3: word longer"));
}

TEST_CASE("a corpus that cannot be read is an error with its path and the system's words") {
  TemporaryFolder folder;
  CHECK_THROWS_AS(Corpus({folder / "missing.txt"}), taper::IoError);
  CHECK_THROWS_WITH(Corpus({folder / "missing.txt"}),
                    ContainsSubstring("missing.txt") && ContainsSubstring("No such file or directory"));
  CHECK_THROWS_AS(Corpus({folder.path()}), taper::IoError);
  CHECK_THROWS_WITH(Corpus({folder.path()}), ContainsSubstring(folder.path()) && ContainsSubstring("Is a directory"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(Corpus({folder / "pipe"}), taper::IoError);
  CHECK_THROWS_WITH(Corpus({folder / "pipe"}),
                    ContainsSubstring("pipe") && ContainsSubstring("Illegal seek") && ContainsSubstring("FIFO"));
  CHECK_THROWS_AS(Corpus({"/dev/zero"}), taper::IoError);
  Corpus gone({folder.file("gone", "a b")});
  std::filesystem::remove(folder / "gone");
  CHECK_THROWS_WITH(all(gone), ContainsSubstring("gone"));
}

TEST_CASE("an empty corpus, or one of white space, is an error") {
  TemporaryFolder folder;
  CHECK_THROWS_AS(Corpus({folder.file("empty", "")}), taper::ValueError);
  CHECK_THROWS_WITH(Corpus({folder.file("empty", "")}), ContainsSubstring("empty' is empty"));
  CHECK_THROWS_AS(Corpus(std::vector<std::string>()), taper::ValueError);
  CHECK_THROWS_AS(Corpus::from_text(""), taper::ValueError);
  Corpus blank({folder.file("blank", " \n\t\n")});
  CHECK_THROWS_AS(count_words(blank), taper::ValueError);
  CHECK_THROWS_WITH(count_words(blank), ContainsSubstring("blank' holds no word"));
}

TEST_CASE("a compressed corpus is refused, and so are limits below one") {
  TemporaryFolder folder;
  Corpus corpus({folder.file("a.gz", "\x1f\x8b\x08 rest")});
  CHECK_THROWS_WITH(all(corpus), ContainsSubstring("a.gz:0: gzip data; decompress first"));
  CHECK_THROWS_AS(Corpus::from_text("a", {.max_sentence = 0}), taper::ValueError);
  CHECK_THROWS_AS(Corpus::from_text("a", {.max_word = -1}), taper::ValueError);
}

TEST_CASE("words are counted in the order of their first appearance") {
  Corpus corpus = Corpus::from_text("b a b\nc b a\n");
  const auto counts = count_words(corpus);
  CHECK(counts.words.size() == 3);
  CHECK(counts.words.word(0) == "b");
  CHECK(counts.counts == std::vector<std::int64_t>{3, 2, 1});
  CHECK(counts.total == 6);
  CHECK(all(corpus) == "b a b|c b a|");
}
