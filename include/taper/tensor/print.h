#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "taper/tensor/tensor.h"

namespace taper {

/// Keywords of set_printoptions, in PyTorch's order; what is left out stays as it is, but for sci_mode.
struct PrintOptions {
  std::optional<int> precision{};           ///< digits after the point, at least 0 (4 to begin with)
  std::optional<std::int64_t> threshold{};  ///< a tensor of more elements is summarised (1000)
  std::optional<std::int64_t> edgeitems{};  ///< elements shown at both ends of a summarised dimension, at least 1 (3)
  std::optional<std::int64_t> linewidth{};  ///< where lines break, at least 1 (80)
  std::string_view profile{};               ///< "default", "short" or "full", applied before the others
  std::optional<bool> sci_mode{};           ///< always or never scientific; left out, the numbers decide
};

/// How tensors are printed from now on, by every thread (torch.set_printoptions). ValueError for a value outside its
/// range or an unknown profile.
void set_printoptions(const PrintOptions& options);

}  // namespace taper
