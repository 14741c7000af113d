#include <vector>

#include "io/formats.h"
#include "io/npy.h"
#include "io/zip.h"
#include "io/zip_writer.h"
#include "taper/base/error.h"

namespace taper::io {
namespace {

constexpr std::string_view npy_ending = ".npy";

void refuse_other_members(const Place& place, const std::vector<ZipMember>& members) {
  for (const ZipMember& member : members)
    if (!member.name.ends_with(npy_ending)) place.fail(0, fmt::format("member '{}' is no .npy array", member.name));
}

}  // namespace

TensorMap load_npz(const ZipArchive& archive, const LoadOptions& options, LoadNotes& notes) {
  refuse_other_members(Place{archive.file().path(), ""}, archive.members());
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
    const std::string name = member.name.substr(0, member.name.size() - npy_ending.size());
    notes.ignored(name, source.left());
    source.finish();
    notes.converted(name, header.type);
    result.insert(name, std::move(tensor));
  }
  return result;
}

void save_npz(const TensorMap& tensors, AtomicFile& file) {
  ZipWriter archive(file);
  for (const auto& [name, tensor] : tensors) {
    if (!safe_member_name(name))
      throw ValueError(fmt::format("save: '{}' cannot be the name of an array in an .npz file", name));
    archive.add(name + std::string(npy_ending), {npy_preamble(tensor), raw_bytes(tensor)});
  }
  archive.finish();
}

}  // namespace taper::io
