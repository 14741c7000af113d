#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taper::text {

/// A small text with a structure that word vectors can be checked against, made by a grammar and a seed; the same bytes
/// on every machine. One sentence per line, words parted by single blanks, UTF-8. Each sentence is in English, Korean
/// or Chinese and borrows words of the other two. It speaks of
///  - animals, foods, people and royals, nations: words of one kind share their company, words of two kinds do not;
///  - pairs of people who differ in gender alone (man and woman, king and queen), so that woman - man = queen - king;
///  - capitals and their countries, so that france - paris = japan - tokyo;
///  - the same things in three languages, so that the nearest English word of 男人 is man.
/// ValueError where `sentences` is negative.
std::string toy_corpus(std::int64_t sentences = 20000, std::uint64_t seed = 1);

/// The toy corpus's words of one kind, in English, Korean and Chinese by turns: "animals", "foods", "people" (both
/// genders by turns, royals among them), "royals", "capitals" or "countries" (in the order of the capitals). ValueError
/// for another kind.
std::vector<std::string> toy_words(std::string_view kind);

}  // namespace taper::text
