#pragma once

#include <taper/taper.h>

#include <cstdint>
#include <future>
#include <string_view>
#include <vector>

namespace taper_program {

/// Some blocks of the corpus, and how far it had been read when they were cut.
struct Chunk {
  taper::text::SkipGramBlocks blocks;
  std::int64_t epoch = 0;  // from 1
  std::int64_t words = 0;  // known words, all epochs
};

/// A corpus as chunks of blocks, in order and `epochs` times. With `ahead` the next chunk is cut on a thread of its own
/// while the last one is learned from; the chunks are the same.
class BlockSource {
 public:
  BlockSource(taper::text::Corpus& corpus, const taper::text::Vocab& vocab,
              const taper::text::SkipGramBlockOptions& options, std::int64_t epochs, std::uint64_t seed, bool ahead);

  const taper::text::SkipGramBlockSampler& sampler() const { return sampler_; }
  /// The next chunk takes the place of the last; false at the end. A chunk holds at most `blocks` blocks, the same at
  /// each call, fewer at the end of an epoch.
  bool next(Chunk& chunk, std::int64_t blocks);

 private:
  void cut(Chunk& chunk, std::int64_t blocks);
  bool read_sentence();

  taper::text::Corpus& corpus_;
  const taper::text::Vocab& vocab_;
  taper::text::SkipGramBlockSampler sampler_;
  taper::Generator generator_;
  std::int64_t epochs_, epoch_ = 1, words_ = 0;
  std::vector<std::string_view> sentence_;
  std::vector<std::int64_t> ids_;
  bool ahead_;
  std::future<Chunk> next_;  // last, so that it is waited for before the rest goes
};

}  // namespace taper_program
