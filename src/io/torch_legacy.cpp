// What torch.save wrote before version 1.6, and still does with _use_new_zipfile_serialization=False: pickles one after
// the other (magic number, protocol, the writer's system, the object, the storages' keys), then the storages in that
// order.
#include <array>
#include <unordered_map>

#include "base/python_text.h"
#include "io/formats.h"
#include "io/torch_tree.h"
#include "io/torch_types.h"

namespace taper::io {
namespace {

using ObjectKind = PickleObject::Kind;

class Reader {
 public:
  Reader(const File& file, const LoadOptions& options)
      : file_(file),
        place_{file.path(), ""},
        memory_(pickle_memory(options, file.size())),
        at_(legacy_torch_start.size()) {}

  std::uint64_t memory() const { return memory_; }
  /// The next pickle. Offsets in messages count from its start.
  Pickled pickle(const char* what) {
    FileSource source(file_, at_, file_.size() - at_);
    Pickled result = read_pickle(source, Place{file_.path(), what}, memory_);
    at_ += result.end;
    return result;
  }

  void check_start() {
    const Pickled protocol = pickle("protocol");
    const PickleObject& number = protocol.objects[protocol.result];
    if (number.kind != ObjectKind::integer || number.integer != 1001)
      place_.fail(at_, "not of torch.save's protocol 1001");
    const Pickled system = pickle("system");
    if (system.objects[system.result].kind != ObjectKind::dict) place_.fail(at_, "the writer's system is no dict");
    const std::vector<std::uint32_t>& items = system.items_of(system.result);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (system.objects[items[i]].kind == ObjectKind::string && system.text_of(items[i]) == "little_endian" &&
          system.objects[items[i + 1]].integer == 0)
        place_.fail(at_, "written big-endian; little-endian files are read");
  }

  /// Where each storage's numbers begin, by key.
  std::unordered_map<std::string, std::uint64_t> storages(const Pickled& pickled) {
    const Pickled keys = pickle("keys");
    if (keys.objects[keys.result].kind != ObjectKind::list) place_.fail(at_, "the storages' keys are no list");
    std::unordered_map<std::string, const PickledStorage*> wanted;
    for (const PickledStorage& storage : pickled.storages) wanted[storage.key] = &storage;
    std::unordered_map<std::string, std::uint64_t> found;
    for (const std::uint32_t key : keys.items_of(keys.result)) {
      if (keys.objects[key].kind != ObjectKind::string) place_.fail(at_, "a storage's key is no text");
      const std::string& name = keys.text_of(key);
      const auto known = wanted.find(name);
      if (known == wanted.end()) fail(name, "is not in the object");
      const std::uint64_t begin = at_ + sizeof(std::int64_t);
      pass(*known->second);
      if (!found.emplace(name, begin).second) fail(name, "comes twice");
    }
    for (const PickledStorage& storage : pickled.storages)
      if (!found.contains(storage.key)) fail(storage.key, "is missing");
    if (at_ != file_.size()) place_.fail(at_, fmt::format("{} bytes are left", file_.size() - at_));
    return found;
  }

 private:
  [[noreturn]] void fail(const std::string& key, std::string_view what) const {
    place_.fail(at_, fmt::format("storage {} {}", detail::python_string(key.substr(0, 256)), what));
  }

  /// Goes past the storage that comes next, which is in the file as declared.
  void pass(const PickledStorage& storage) {
    const TorchType& type = torch_types()[storage.type];
    if (!type.readable) place_.fail<TypeError>(at_, fmt::format("dtype {} unsupported", type.dtype));
    std::array<unsigned char, sizeof(std::int64_t)> bytes{};
    if (file_.size() - at_ < bytes.size()) fail(storage.key, "is missing; incomplete download?");
    file_.read(at_, bytes.data(), bytes.size());
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) count |= std::uint64_t{bytes[i]} << (8 * i);
    if (count != static_cast<std::uint64_t>(storage.numel))
      fail(storage.key, fmt::format("has {} elements, {} are declared", count, storage.numel));
    at_ += bytes.size();
    const std::uint64_t size = array_bytes(place_, at_, {storage.numel}, type.element.size);
    if (size > file_.size() - at_)
      fail(storage.key,
           fmt::format("needs {} bytes, the file has {} left; incomplete download?", size, file_.size() - at_));
    at_ += size;
  }

  const File& file_;
  Place place_;
  std::uint64_t memory_;
  std::uint64_t at_;
};

}  // namespace

Value load_legacy_torch(const File& file, const LoadOptions& options, LoadNotes& notes) {
  Reader reader(file, options);
  reader.check_start();
  const Place place{file.path(), "object"};
  const Pickled pickled = reader.pickle("object");
  const std::unordered_map<std::string, std::uint64_t> begins = reader.storages(pickled);
  return torch_tree(pickled, reader.memory(), place, options, notes,
                    [&](const PickledStorage& storage, const ElementType& element, std::int64_t numel) {
                      const Place inside{file.path(), fmt::format("storage {}", storage.key)};
                      const std::uint64_t begin = begins.at(storage.key);
                      FileSource source(file, begin, file.size() - begin);
                      return read_elements(source, inside, element, {numel});
                    });
}

}  // namespace taper::io
