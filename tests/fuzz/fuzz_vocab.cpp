#include "memory_file.h"
#include "taper/base/error.h"
#include "taper/text/vocab.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  try {
    const auto vocab = taper::text::Vocab::load(taper_fuzz::memory_file(bytes, size));
    for (std::int64_t id = 0; id < vocab.size(); ++id)
      if (vocab.find(vocab.word(id)) != id || vocab.count(id) < 0) std::abort();
  } catch (const taper::FormatError&) {
  }
  return 0;
}
