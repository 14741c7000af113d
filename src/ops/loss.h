#pragma once

#include <string_view>

#include "taper/tensor/tensor.h"

namespace taper::detail {

/// What becomes of a loss's elements.
enum class Reduce { none, mean, sum };

/// ValueError naming `op` unless it is "none", "mean" or "sum".
Reduce parse_reduction(const char* op, std::string_view text);

/// The elements, their mean or their sum.
Tensor reduced(const Tensor& losses, Reduce how);

/// A gradient of the reduced losses as that of each of `count` elements; broadcasts to them.
Tensor spread(const Tensor& gradient, Reduce how, std::int64_t count);

/// TypeError naming `op` unless x is floating-point.
void check_floating(const char* op, const char* what, const Tensor& x);

}  // namespace taper::detail
