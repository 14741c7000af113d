#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "io/elements.h"

namespace taper::io {

/// A type of PyTorch's as its files name it: the class of a storage and the dtype.
struct TorchType {
  std::string_view storage;  // "FloatStorage"; "" where PyTorch has none
  std::string_view dtype;    // "float32"
  ElementType element;
  bool readable = true;
};

/// All that a file of PyTorch's may name. One whose dtype is "" has bytes of any dtype.
std::span<const TorchType> torch_types();

/// Numbers in torch_types(); none where there is no such name.
std::optional<std::size_t> find_torch_storage(std::string_view storage);
std::optional<std::size_t> find_torch_dtype(std::string_view dtype);

/// The class of the storage that holds elements of that dtype.
std::string_view torch_storage(DType dtype);

}  // namespace taper::io
