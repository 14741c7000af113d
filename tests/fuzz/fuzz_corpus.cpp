#include "memory_file.h"
#include "taper/base/error.h"
#include "taper/text/corpus.h"
#include "taper/text/vocab.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string& path = taper_fuzz::memory_file(bytes, size);
  for (const bool lowercase : {false, true}) {
    try {
      taper::text::Corpus corpus({path}, {.lowercase = lowercase, .max_sentence = 7, .max_word = 50});
      const taper::text::Vocab vocab(count_words(corpus), {.specials = {"<unk>"}});
      std::vector<std::string_view> sentence;
      while (corpus.next(sentence))
        for (const std::string_view word : sentence)
          if (!vocab.contains(word)) std::abort();
    } catch (const taper::FormatError&) {
    } catch (const taper::ValueError&) {  // nothing in it
    }
  }
  return 0;
}
