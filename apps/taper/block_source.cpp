#include "block_source.h"

#include <utility>

namespace taper_program {

BlockSource::BlockSource(taper::text::Corpus& corpus, const taper::text::Vocab& vocab,
                         const taper::text::SkipGramBlockOptions& options, std::int64_t epochs, std::uint64_t seed,
                         bool ahead)
    : corpus_(corpus),
      vocab_(vocab),
      sampler_(vocab.counts(), options),
      generator_(seed),
      epochs_(epochs),
      ahead_(ahead) {}

bool BlockSource::next(Chunk& chunk, std::int64_t blocks) {
  if (ahead_) {
    Chunk spent = std::move(chunk);
    if (next_.valid()) {
      chunk = next_.get();
    } else {
      cut(chunk, blocks);
    }
    next_ = std::async(std::launch::async, [this, blocks, other = std::move(spent)]() mutable {
      cut(other, blocks);
      return std::move(other);
    });
  } else {
    cut(chunk, blocks);
  }
  return chunk.blocks.blocks > 0;
}

bool BlockSource::read_sentence() {
  if (!corpus_.next(sentence_)) return false;
  ids_.clear();
  for (const std::string_view word : sentence_)
    if (const std::int64_t id = vocab_.find(word); id >= 0) ids_.push_back(id);
  words_ += static_cast<std::int64_t>(ids_.size());
  sampler_.add(ids_, generator_);
  return true;
}

// Leaves the chunk empty at the end of all epochs only.
void BlockSource::cut(Chunk& chunk, std::int64_t blocks) {
  chunk.blocks.clear();
  while (chunk.blocks.blocks == 0 && epoch_ <= epochs_) {
    chunk.epoch = epoch_;
    while (chunk.blocks.blocks < blocks) {
      if (sampler_.cut(generator_, chunk.blocks) || read_sentence()) continue;
      if (sampler_.cut_rest(generator_, chunk.blocks)) continue;
      corpus_.rewind();
      ++epoch_;
      break;
    }
  }
  chunk.words = words_;
}

}  // namespace taper_program
