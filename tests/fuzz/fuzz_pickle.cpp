#include "io/file_bytes.h"
#include "tensor_file.h"

/// The bytes are the pickle of an archive of torch.save whose storages are there.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::vector<taper_test::ZipMember> members = {{"a/data.pkl", {reinterpret_cast<const char*>(bytes), size}},
                                                {"a/version", "3\n"}};
  for (int key = 0; key < 8; ++key) members.push_back({"a/data/" + std::to_string(key), std::string(96, '\1')});
  const std::string file = taper_test::zip(members);
  taper_fuzz::load_tensors(taper_fuzz::memory_file(reinterpret_cast<const std::uint8_t*>(file.data()), file.size()));
  return 0;
}
