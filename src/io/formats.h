#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "io/file.h"
#include "io/notes.h"
#include "io/place.h"
#include "io/zip.h"
#include "taper/io/tensor_files.h"

namespace taper::io {

inline constexpr std::string_view npy_magic = "\x93NUMPY";

TensorMap load_npy(const File& file, const LoadOptions& options, LoadNotes& notes);
TensorMap load_npz(const ZipArchive& archive, const LoadOptions& options, LoadNotes& notes);
TensorMap load_safetensors(const File& file, const LoadOptions& options, LoadNotes& notes);

/// Whether it is one that torch.save made, or nearly.
bool is_torch_archive(const ZipArchive& archive);
Value load_torch(const ZipArchive& archive, const LoadOptions& options, LoadNotes& notes);

/// How a file of torch.save before version 1.6 begins: its magic number, pickled.
inline constexpr std::string_view legacy_torch_start = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
Value load_legacy_torch(const File& file, const LoadOptions& options, LoadNotes& notes);
/// `name` is the file's, whose stem becomes the archive's folder.
void save_torch(const Value& tree, bool ordered, const std::string& name, AtomicFile& file);

void save_npy(const TensorMap& tensors, AtomicFile& file);
void save_npz(const TensorMap& tensors, AtomicFile& file);
void save_safetensors(const TensorMap& tensors, AtomicFile& file);

/// ResourceError where the tensors would hold more than the options allow.
void check_budget(const Place& place, std::uint64_t bytes, const LoadOptions& options);

/// The bytes of a row-major tensor.
std::string_view raw_bytes(const Tensor& tensor);

}  // namespace taper::io
