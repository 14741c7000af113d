#include <zip.h>

#include <array>
#include <memory>
#include <vector>

#include "io/formats.h"
#include "io/npy.h"
#include "io/zip.h"
#include "taper/base/error.h"

namespace taper::io {
namespace {

constexpr std::string_view npy_ending = ".npy";

void refuse_other_archives(const Place& place, const std::vector<ZipMember>& members) {
  for (const ZipMember& member : members) {
    if (member.name.ends_with("/data.pkl") || member.name == "data.pkl")
      place.fail(0, "an archive of torch.save; .npz, .npy and .safetensors are read");
    if (!member.name.ends_with(npy_ending)) place.fail(0, fmt::format("member '{}' is no .npy array", member.name));
  }
}

/// Header, data and both as libzip wants them; they have to live until the archive is closed.
struct Member {
  std::string preamble;
  Tensor tensor;
  std::array<zip_buffer_fragment_t, 2> fragments{};
};

zip_buffer_fragment_t fragment(std::string_view bytes) {
  // libzip's fragments are not const, but a source that is never written to only reads them.
  return {reinterpret_cast<zip_uint8_t*>(const_cast<char*>(bytes.data())), bytes.size()};
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

[[noreturn]] void fail(const std::string& name, const char* reason) {
  throw IoError(fmt::format("save: writing {}.npy into the archive: {}", name, reason));
}

void add(zip_t* archive, const std::string& name, Member& member) {
  const std::string_view data = raw_bytes(member.tensor);
  member.fragments = {fragment(member.preamble), fragment(data)};
  zip_source_t* source = zip_source_buffer_fragment(archive, member.fragments.data(), data.empty() ? 1 : 2, 0);
  if (source == nullptr) fail(name, zip_strerror(archive));
  const zip_int64_t index = zip_file_add(archive, (name + std::string(npy_ending)).c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    fail(name, zip_strerror(archive));
  }
  // numpy's: stored, and dated to the first day that zip knows, so that the same tensors give the same bytes.
  const auto number = static_cast<zip_uint64_t>(index);
  constexpr zip_uint16_t first_day = (1U << 5U) | 1U;
  if (zip_set_file_compression(archive, number, ZIP_CM_STORE, 0) != 0 ||
      zip_file_set_dostime(archive, number, 0, first_day, 0) != 0)
    fail(name, zip_strerror(archive));
}

}  // namespace

TensorMap load_npz(const File& file, const LoadOptions& options) {
  const Place place{file.path(), ""};
  const ZipArchive archive(file);
  refuse_other_archives(place, archive.members());
  std::uint64_t bytes = 0;
  for (const ZipMember& member : archive.members()) {
    ZipSource source(archive, member);
    const NpyHeader header = read_npy_header(source, source.place());
    bytes += tensor_bytes(source.place(), header.type, header.shape);
    check_budget(source.place(), bytes, options);
  }
  TensorMap result;
  for (const ZipMember& member : archive.members()) {
    ZipSource source(archive, member);
    const NpyHeader header = read_npy_header(source, source.place());
    Tensor tensor = read_elements(source, source.place(), header.type, header.shape, header.column_major);
    source.finish();
    result.insert(member.name.substr(0, member.name.size() - npy_ending.size()), std::move(tensor));
  }
  return result;
}

void save_npz(const TensorMap& tensors, AtomicFile& file) {
  if (file.temporary().empty()) throw IoError("save: an .npz file cannot be written to a device or a pipe");
  if (tensors.empty()) {  // libzip would rather remove the file than leave an archive without members
    file.write(std::string("PK\x05\x06") + std::string(18, '\0'));
    return;
  }
  int code = 0;
  Archive archive(zip_open(file.temporary().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    throw IoError(fmt::format("save: {}: {}", file.temporary(), zip_error_strerror(&error)));
  }
  std::vector<Member> members(tensors.size());
  std::size_t i = 0;
  for (const auto& [name, tensor] : tensors) {
    if (!safe_member_name(name))
      throw ValueError(fmt::format("save: '{}' cannot be the name of an array in an .npz file", name));
    members[i] = {npy_preamble(tensor), tensor, {}};
    add(archive.get(), name, members[i++]);
  }
  if (zip_close(archive.get()) != 0) {
    const std::string reason = zip_strerror(archive.get());
    throw IoError(fmt::format("save: writing the archive: {}", reason));
  }
  static_cast<void>(archive.release());
}

}  // namespace taper::io
