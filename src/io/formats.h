#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "io/file.h"
#include "io/place.h"
#include "taper/io/tensor_files.h"

namespace taper::io {

inline constexpr std::string_view npy_magic = "\x93NUMPY";

TensorMap load_npy(const File& file, const LoadOptions& options);
TensorMap load_npz(const File& file, const LoadOptions& options);
TensorMap load_safetensors(const File& file, const LoadOptions& options);

void save_npy(const TensorMap& tensors, AtomicFile& file);
void save_npz(const TensorMap& tensors, AtomicFile& file);
void save_safetensors(const TensorMap& tensors, AtomicFile& file);

/// ResourceError where the tensors would hold more than the options allow.
void check_budget(const Place& place, std::uint64_t bytes, const LoadOptions& options);

/// The bytes of a row-major tensor.
std::string_view raw_bytes(const Tensor& tensor);

}  // namespace taper::io
