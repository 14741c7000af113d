#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string_view>

#include "taper/tensor/tensor.h"

/// fmt::format("{}", tensor) gives PyTorch's text, as `tensor.str()` does; width and fill are those of a string.
template <std::derived_from<taper::Tensor> T>
struct fmt::formatter<T, char> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const T& tensor, Context& context) const {
    return fmt::formatter<std::string_view>::format(tensor.str(), context);
  }
};
