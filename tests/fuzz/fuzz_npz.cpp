#include "tensor_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return taper_fuzz::load_tensors(bytes, size, "PK");
}
