#include "taper/text/vocab.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/atomic_file.h"
#include "taper/base/error.h"
#include "text/line_reader.h"
#include "text/unicode.h"

namespace taper::text {
namespace {

constexpr std::string_view unknown_word = "<unk>";
constexpr std::string_view white_space = " \t\n\v\f\r";
constexpr std::string_view magic = "taper-vocab";

void check(const WordCounts& counts, const VocabOptions& options) {
  if (options.min_count < 1)
    throw ValueError(fmt::format("Vocab: min_count is {}; it must be at least 1", options.min_count));
  const auto specials = static_cast<std::int64_t>(options.specials.size());
  if (options.max_size < 0 || (options.max_size > 0 && options.max_size <= specials))
    throw ValueError(fmt::format("Vocab: max_size is {}; it must be 0 (no limit) or more than the {} special words",
                                 options.max_size, specials));
  for (auto special = options.specials.begin(); special != options.specials.end(); ++special) {
    if (special->empty() || special->find_first_of(white_space) != std::string::npos)
      throw ValueError(fmt::format("Vocab: the special word {} is empty or holds white space", quoted(*special)));
    if (std::find(options.specials.begin(), special, *special) != special)
      throw ValueError(fmt::format("Vocab: the special word {} is named twice", quoted(*special)));
  }
  if (counts.total == 0) throw ValueError("Vocab: no word was counted; the corpus is empty");
}

std::string words(std::int64_t n) { return fmt::format("{} word{}", n, n == 1 ? "" : "s"); }

/// `sorted` holds the counts of the ordinary words, the largest first, all below min_count.
[[noreturn]] void fail_all_removed(const std::vector<std::int64_t>& sorted, std::string_view most,
                                   std::int64_t min_count) {
  if (sorted.empty()) throw ValueError("Vocab: the corpus has no word besides the special ones");
  std::vector<std::int64_t> thresholds = {sorted.front()};
  if (sorted.front() <= 12) {
    for (std::int64_t t = sorted.front() - 1; t >= 1; --t) thresholds.push_back(t);
  } else {
    std::vector<std::int64_t> ladder;
    for (std::int64_t power = 1; power<sorted.front(); power = power> sorted.front() / 10 ? sorted.front() : power * 10)
      for (const std::int64_t step : {1, 2, 5})
        if (step <= (sorted.front() - 1) / power) ladder.push_back(step * power);
    thresholds.insert(thresholds.end(), ladder.rbegin(), ladder.rend());
  }
  std::string table;
  for (const std::int64_t threshold : thresholds) {
    const auto below =
        std::partition_point(sorted.begin(), sorted.end(), [&](std::int64_t c) { return c >= threshold; });
    table +=
        fmt::format("{}min_count {} keeps {}", table.empty() ? "" : ", ", threshold, words(below - sorted.begin()));
  }
  throw ValueError(
      fmt::format("Vocab: min_count {} removes every word (the most frequent, {}, occurs {} times); lower "
                  "thresholds: {}",
                  min_count, quoted(most), sorted.front(), table));
}

}  // namespace

Vocab::Vocab(const WordCounts& counts, const VocabOptions& options) {
  check(counts, options);
  for (const std::string& special : options.specials) {
    const std::int64_t there = counts.words.find(special);
    add(special, there < 0 ? 0 : counts.counts[static_cast<std::size_t>(there)]);
  }
  specials_ = size();
  unknown_ = words_.find(unknown_word);

  std::vector<std::int64_t> order;
  for (std::int64_t id = 0; id < counts.words.size(); ++id)
    if (words_.find(counts.words.word(id)) < 0 && counts.counts[static_cast<std::size_t>(id)] > 0) order.push_back(id);
  const auto count_of = [&](std::int64_t id) { return counts.counts[static_cast<std::size_t>(id)]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return count_of(a) > count_of(b); });
  if (order.empty() || count_of(order.front()) < options.min_count) {
    std::vector<std::int64_t> sorted(order.size());
    std::transform(order.begin(), order.end(), sorted.begin(), count_of);
    fail_all_removed(sorted, order.empty() ? "" : counts.words.word(order.front()), options.min_count);
  }
  for (const std::int64_t id : order) {
    if (count_of(id) < options.min_count || (options.max_size > 0 && size() == options.max_size)) break;
    add(counts.words.word(id), count_of(id));
  }
  if (unknown_ >= 0) {
    counts_[static_cast<std::size_t>(unknown_)] += counts.total - total_;
    total_ = counts.total;
  }
}

void Vocab::add(std::string_view word, std::int64_t count) {
  words_.add(word);
  counts_.push_back(count);
  total_ += count;
}

std::int64_t Vocab::id(std::string_view word) const {
  const std::int64_t found = words_.find(word);
  if (found >= 0) return found;
  if (unknown_ >= 0) return unknown_;
  throw IndexError(unknown_word_message("Vocab", words_, word));
}

std::int64_t Vocab::count(std::int64_t id) const {
  if (id < 0 || id >= size()) throw IndexError(fmt::format("Vocab: id {} is outside [0, {})", id, size()));
  return counts_[static_cast<std::size_t>(id)];
}

std::vector<std::int64_t> Vocab::encode(std::span<const std::string_view> words) const {
  std::vector<std::int64_t> ids(words.size());
  std::transform(words.begin(), words.end(), ids.begin(), [this](std::string_view word) { return id(word); });
  return ids;
}

std::vector<std::int64_t> Vocab::encode(std::span<const std::string> words) const {
  std::vector<std::int64_t> ids(words.size());
  std::transform(words.begin(), words.end(), ids.begin(), [this](const std::string& word) { return id(word); });
  return ids;
}

std::vector<std::int64_t> Vocab::encode(std::initializer_list<std::string_view> words) const {
  return encode(std::span<const std::string_view>(words.begin(), words.size()));
}

std::vector<std::int64_t> Vocab::encode(std::string_view text) const {
  std::vector<std::int64_t> ids;
  for (std::size_t at = 0; (at = text.find_first_not_of(white_space, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(white_space, at), text.size());
    ids.push_back(id(text.substr(at, end - at)));
    at = end;
  }
  return ids;
}

std::vector<std::string> Vocab::decode(std::span<const std::int64_t> ids) const {
  std::vector<std::string> words(ids.size());
  std::transform(ids.begin(), ids.end(), words.begin(), [this](std::int64_t id) { return std::string(word(id)); });
  return words;
}

void Vocab::save(const std::string& path) const {
  for (std::int64_t id = 0; id < size(); ++id)
    if (word(id).empty() || word(id).find_first_of(white_space) != std::string_view::npos)
      throw ValueError(fmt::format("Vocab.save: word {}, {}, is empty or holds white space", id, quoted(word(id))));
  AtomicFile file("Vocab.save", path);
  file.write(fmt::format("{} {} {}\n", magic, size(), specials_));
  for (std::int64_t id = 0; id < size(); ++id) file.write(fmt::format("{} {}\n", word(id), count(id)));
  file.commit();
}

Vocab Vocab::load(const std::string& path) {
  LineReader lines("Vocab.load", path);
  std::string_view line;
  Vocab vocab;
  std::int64_t size = 0;
  if (!lines.next(line)) lines.fail("empty file; a vocabulary begins with 'taper-vocab SIZE SPECIALS'");
  const std::vector<std::string_view> head = fields(line);
  if (head.size() != 3 || head[0] != magic || !parse_count(head[1], size) || !parse_count(head[2], vocab.specials_) ||
      vocab.specials_ > size)
    lines.fail(fmt::format("{} is not the first line of a vocabulary, 'taper-vocab SIZE SPECIALS'", quoted(line)));
  while (vocab.size() < size) {
    if (!lines.next(line)) lines.fail(fmt::format("word {} of {}: unexpected end", vocab.size() + 1, size));
    const std::vector<std::string_view> pair = fields(line);
    std::int64_t count = 0;
    if (pair.size() != 2 || !parse_count(pair[1], count))
      lines.fail(fmt::format("{} is not a word and its count", quoted(line)));
    if (vocab.contains(pair[0])) lines.fail(fmt::format("the word {} a second time", quoted(pair[0])));
    if (__builtin_add_overflow(vocab.total_, count, &count)) lines.fail("the counts overflow");
    vocab.add(pair[0], count - vocab.total_);
  }
  if (lines.next(line)) lines.fail(fmt::format("more than the {} words that the first line names", size));
  const std::int64_t unknown = vocab.find(unknown_word);
  if (unknown < vocab.specials_) vocab.unknown_ = unknown;
  return vocab;
}

}  // namespace taper::text
