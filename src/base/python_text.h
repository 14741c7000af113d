#pragma once

#include <string>
#include <string_view>

#include "taper/base/shape.h"

namespace taper::detail {

/// Python's repr of a float: "1.0", "1e-05", "inf".
std::string python_float(double value);
/// Python's repr of a tuple: "(5,)", "(2, 3)".
std::string python_tuple(const Shape& shape);
/// Python's repr of a str: quoted, control characters escaped; other bytes as they are.
std::string python_string(std::string_view text);
inline const char* python_bool(bool value) { return value ? "True" : "False"; }

}  // namespace taper::detail
