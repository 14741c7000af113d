#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string_view>

#include "taper/nn/module.h"
#include "taper/tensor/tensor.h"
#include "taper/tensor/value.h"

/// fmt::format("{}", tensor) gives PyTorch's text, as `tensor.str()` does, and so it does for modules and values; width
/// and fill are those of a string.
template <class T>
requires std::derived_from<T, taper::Tensor> || std::derived_from<T, taper::nn::Module> || std::same_as<T, taper::Value>
struct fmt::formatter<T, char> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const T& object, Context& context) const {
    return fmt::formatter<std::string_view>::format(object.str(), context);
  }
};
