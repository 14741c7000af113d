#include <algorithm>
#include <charconv>

#include "base/python_text.h"
#include "io/formats.h"
#include "io/pickle.h"
#include "io/pickle_writer.h"
#include "io/torch_tree.h"
#include "io/zip.h"
#include "io/zip_writer.h"

namespace taper::io {
namespace {

/// An archive of torch.save: one folder with data.pkl, version and the storages data/0, data/1, ...
class TorchArchive {
 public:
  TorchArchive(const ZipArchive& archive, const Place& place) : archive_(archive), place_(place) {
    if (archive.members().empty()) place.fail(0, "an archive without members");
    const std::string& first = archive.members().front().name;
    folder_ = first.substr(0, first.find('/') + 1);
    for (const ZipMember& member : archive.members()) check_name(member.name);
    if (archive.find(folder_ + "constants.pkl") != nullptr)
      place.fail(0, "is TorchScript, not a state_dict; save model.state_dict() with torch.save");
    check_version();
    if (const ZipMember* order = archive.find(folder_ + "byteorder"))
      if (const std::string text = short_text(*order); text != "little")
        place.fail(0, fmt::format("byteorder is {}; little-endian files are read", detail::python_string(text)));
  }

  const ZipMember& member(const std::string& name) const {
    const ZipMember* found = archive_.find(folder_ + name);
    if (found == nullptr) place_.fail(0, fmt::format("member {}{} is missing", folder_, name));
    return *found;
  }
  const ZipArchive& archive() const { return archive_; }

 private:
  void check_name(const std::string& name) const {
    if (folder_.empty() || name.find('/') == std::string::npos)
      place_.fail(0, fmt::format("member '{}' is in no folder; all of a file of torch.save is in one", name));
    if (!name.starts_with(folder_))
      place_.fail(0, fmt::format("member '{}' is outside the folder '{}'", name, folder_));
    if (name.starts_with(folder_ + "code/"))
      place_.fail(0, "is TorchScript, not a state_dict; save model.state_dict() with torch.save");
  }

  void check_version() const {
    constexpr int newest = 10;
    const std::string text = short_text(member("version"));
    int version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || end != text.data() + text.size())
      place_.fail(0, fmt::format("version is {}; a number is needed", detail::python_string(text)));
    if (version < 1 || version > newest)
      place_.fail(0, fmt::format("version {} unsupported; 1 to {} are read", version, newest));
  }

  std::string short_text(const ZipMember& member) const {
    constexpr std::uint64_t limit = 64;
    ZipSource source(archive_, member);
    if (member.size > limit) source.place().fail(0, fmt::format("{} bytes where a word is needed", member.size));
    std::string text(member.size, '\0');
    source.read(text.data(), text.size());
    source.finish();
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
  }

  const ZipArchive& archive_;
  const Place& place_;
  std::string folder_;  // ends in '/'
};

Tensor read_storage(const TorchArchive& archive, const PickledStorage& storage, const ElementType& element,
                    std::int64_t numel) {
  ZipSource source(archive.archive(), archive.member("data/" + storage.key));
  const std::uint64_t bytes = array_bytes(source.place(), 0, {numel}, element.size);
  if (bytes > source.size())
    source.place().fail(0, fmt::format("the storage has {} bytes, its {} elements of {} need {}", source.size(), numel,
                                       element.name(), bytes));
  Tensor result = read_elements(source, source.place(), element, {numel});
  source.finish();
  return result;
}

}  // namespace

bool is_torch_archive(const ZipArchive& archive) {
  return std::any_of(archive.members().begin(), archive.members().end(), [](const ZipMember& member) {
    return member.name == "data.pkl" || member.name.ends_with("/data.pkl") || member.name.ends_with("/version");
  });
}

Value load_torch(const ZipArchive& zip, const LoadOptions& options, LoadNotes& notes) {
  const Place whole{zip.file().path(), ""};
  const TorchArchive archive(zip, whole);
  const ZipMember& member = archive.member("data.pkl");
  const std::uint64_t memory = pickle_memory(options, member.stored_size);
  ZipSource source(zip, member);
  const Pickled pickled = read_pickle(source, source.place(), memory);
  if (pickled.end != source.size()) source.place().fail(pickled.end, "malformed pickle: more follows after STOP");
  source.finish();
  return torch_tree(pickled, memory, source.place(), options, notes,
                    [&](const PickledStorage& storage, const ElementType& element, std::int64_t numel) {
                      return read_storage(archive, storage, element, numel);
                    });
}

void save_torch(const Value& tree, bool ordered, const std::string& name, AtomicFile& file) {
  const PickleWriter pickle(tree, ordered);
  const std::size_t begin = name.rfind('/') + 1;
  std::string folder = name.substr(begin, name.rfind('.') - begin);
  if (!safe_member_name(folder) || folder == ".") folder = "archive";
  ZipWriter archive(file);
  archive.add(folder + "/data.pkl", {pickle.bytes()});
  for (std::size_t key = 0; key < pickle.storages().size(); ++key)
    archive.add(fmt::format("{}/data/{}", folder, key), {pickle.storages()[key]});
  archive.add(folder + "/version", {"3\n"});
  archive.finish();
}

}  // namespace taper::io
