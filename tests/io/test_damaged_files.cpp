#include "catch.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::content_of;
using taper_test::TemporaryFolder;

namespace {

/// Whether the bytes are refused by one of the errors that a damaged file may be; anything else passes through.
bool refused(const TemporaryFolder& folder, const std::string& name, const std::string& bytes) {
  try {
    load(folder.file(name.substr(name.rfind('/') + 1), bytes), {.max_bytes = 1 << 20, .warn = false});
  } catch (const FormatError&) {
    return true;
  } catch (const TypeError&) {
    return true;
  } catch (const ResourceError&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a file that is cut anywhere is refused") {
  TemporaryFolder folder;
  for (const std::string name :
       {"io/matrix.npy", "io/types.npz", "io/saved.safetensors", "torch/adam.pt", "torch/old.pth"}) {
    const std::string whole = content_of(TAPER_TEST_DATA "/" + name);
    REQUIRE_FALSE(refused(folder, name, whole));
    const std::size_t step = 1 + whole.size() / 500;
    for (std::size_t length = 0; length < whole.size(); length += step) {
      INFO(name << " cut to " << length);
      CHECK(refused(folder, name, whole.substr(0, length)));
    }
  }
}

TEST_CASE("a file with a changed byte loads or is refused, and nothing else happens") {
  TemporaryFolder folder;
  for (const std::string name : {"io/matrix.npy", "io/shapes.npz", "io/saved.safetensors", "torch/views.pt"}) {
    std::string bytes = content_of(TAPER_TEST_DATA "/" + name);
    std::size_t refusals = 0;
    const std::size_t step = 1 + bytes.size() / 500;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const char before = bytes[at];
      for (const int change : {0x01, 0x80, 0xFF}) {
        bytes[at] = static_cast<char>(before ^ change);
        refusals += refused(folder, name, bytes) ? 1 : 0;
      }
      bytes[at] = before;
    }
    INFO(name);
    CHECK(refusals > bytes.size() / step / 2);
  }
}
