#include "taper/io/tensor_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/byte_count.h"
#include "io/formats.h"
#include "io/npy.h"
#include "io/zip.h"
#include "taper/base/error.h"

namespace taper {
namespace io {

// What is written is the memory's own bytes.
static_assert(std::endian::native == std::endian::little, "files are written little-endian");

void check_budget(const Place& place, std::uint64_t bytes, const LoadOptions& options) {
  const auto budget = static_cast<std::uint64_t>(options.max_bytes);
  if (budget != 0 && bytes > budget)
    place.fail<ResourceError>(0, fmt::format("needs {}, budget {}", byte_count(bytes), byte_count(budget)));
}

std::string_view raw_bytes(const Tensor& tensor) {
  return {tensor.impl()->data, static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype())};
}

void save_npy(const TensorMap& tensors, AtomicFile& file) {
  if (tensors.size() != 1)
    throw ValueError(
        fmt::format("save: an .npy file holds one tensor, here are {}; use .npz or .safetensors", tensors.size()));
  const Tensor& tensor = tensors.begin()->second;
  file.write(npy_preamble(tensor));
  file.write(raw_bytes(tensor));
}

namespace {

[[noreturn]] void refuse(const Place& place, std::string_view what) {
  place.fail(0, fmt::format("{}; .pt, .safetensors, .npz and .npy are read", what));
}

Value load_zip(const File& file, const LoadOptions& options, LoadNotes& notes) {
  const ZipArchive archive(file, options.check_crc);
  if (is_torch_archive(archive)) return load_torch(archive, options, notes);
  return load_npz(archive, options, notes);
}

Value load_by_content(const File& file, const LoadOptions& options, LoadNotes& notes) {
  const Place place{file.path(), ""};
  std::string start(std::min<std::uint64_t>(file.size(), 16), '\0');
  file.read(0, start.data(), start.size());
  if (start.starts_with(npy_magic)) return load_npy(file, options, notes);
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) return load_zip(file, options, notes);
  if (file.path().ends_with(".safetensors") || (start.size() > 8 && start[8] == '{'))
    return load_safetensors(file, options, notes);
  if (start.empty()) place.fail(0, "empty file");
  if (start.starts_with("\x1f\x8b")) place.fail(0, "gzip data; decompress first");
  if (start.starts_with(legacy_torch_start)) return load_legacy_torch(file, options, notes);
  if (file.path().ends_with(".npz") || file.path().ends_with(".pt") || file.path().ends_with(".pth"))
    place.fail(file.size(), "not a whole zip archive; incomplete download?");
  if (file.path().ends_with(".npy")) place.fail(0, "not in numpy's format: it does not begin with \\x93NUMPY");
  refuse(place, "unknown format");
}

TensorMap flat(const std::string& path, const Value& value) {
  if (value.kind() == Value::Kind::tensor) return {{"arr_0", value.as<Tensor>()}};
  try {
    return value;
  } catch (const ValueError& error) {
    throw ValueError(fmt::format("{}: {}; load_value keeps them apart", path, error.what()));
  } catch (const TypeError& error) {
    throw TypeError(fmt::format("{}: {}; load_value reads it", path, error.what()));
  }
}

/// Tensors that lie in memory as they will in the file.
TensorMap row_major(const TensorMap& tensors, const std::string& path) {
  TensorMap result;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined()) throw ValueError(fmt::format("save: tensor '{}' is undefined", name));
    if (tensor.is_sparse())
      throw ValueError(
          fmt::format("save: tensor '{}' is sparse, which '{}' cannot hold; use .pt, or to_dense()", name, path));
    result.insert(name, tensor.detach().contiguous());
  }
  return result;
}

using MapWriter = void (*)(const TensorMap&, AtomicFile&);

bool is_torch_path(const std::string& path) { return path.ends_with(".pt") || path.ends_with(".pth"); }

MapWriter map_writer(const std::string& path) {
  if (path.ends_with(".safetensors")) return save_safetensors;
  if (path.ends_with(".npz")) return save_npz;
  if (path.ends_with(".npy")) return save_npy;
  throw ValueError(
      fmt::format("save: '{}' has an ending that names no format; use .pt, .safetensors, .npz or .npy", path));
}

void save_tree(const Value& tree, bool ordered, const std::string& path) {
  AtomicFile file("save", path);
  save_torch(tree, ordered, path, file);
  file.commit();
}

/// A dict of nothing but tensors with names; ValueError for any other tree.
TensorMap tensors_of(const Value& tree, const std::string& path) {
  TensorMap result;
  bool fits = tree.kind() == Value::Kind::dict;
  if (fits) {
    for (const auto& [key, value] : tree.dict()) {
      fits = fits && key.is_string() && value.kind() == Value::Kind::tensor;
      if (fits) result.insert(key.text(), value.as<Tensor>());
    }
  }
  if (!fits)
    throw ValueError(
        fmt::format("save: '{}' holds a dict of tensors and nothing else; a .pt file holds any tree", path));
  return result;
}

}  // namespace
}  // namespace io

Value load_value(const std::string& path, const LoadOptions& options) {
  if (options.max_bytes < 0)
    throw ValueError(fmt::format("load: max_bytes {} is negative; 0 is no limit", options.max_bytes));
  io::LoadNotes notes;
  Value result = io::load_by_content(io::File(path, options.mmap), options, notes);
  notes.say(path, options);
  return result;
}

TensorMap load(const std::string& path, const LoadOptions& options) {
  return io::flat(path, load_value(path, options));
}

void save(const TensorMap& tensors, const std::string& path) {
  if (io::is_torch_path(path)) {
    for (const auto& [name, tensor] : tensors)
      if (!tensor.defined()) throw ValueError(fmt::format("save: tensor '{}' is undefined", name));
    return io::save_tree(tensors, true, path);
  }
  const io::MapWriter write = io::map_writer(path);
  const TensorMap flat = io::row_major(tensors, path);
  AtomicFile file("save", path);
  write(flat, file);
  file.commit();
}

void detail::save_value(const Value& tree, const std::string& path) {
  if (io::is_torch_path(path)) return io::save_tree(tree, false, path);
  io::map_writer(path);
  save(io::tensors_of(tree, path), path);
}

}  // namespace taper
