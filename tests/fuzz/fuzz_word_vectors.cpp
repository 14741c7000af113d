#include "memory_file.h"
#include "taper/base/error.h"
#include "taper/text/word_vectors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string& path = taper_fuzz::memory_file(bytes, size);
  for (const bool strict : {true, false}) {
    try {
      std::vector<std::string> notes;
      const auto vectors = taper::text::WordVectors::load(path, {.strict = strict, .max_bytes = 16 << 20}, &notes);
      if (vectors.size() > 0) static_cast<void>(vectors.neighbors(vectors.word(0), 3));
    } catch (const taper::FormatError&) {
    } catch (const taper::ResourceError&) {
    }
  }
  return 0;
}
