#pragma once

#include <string>
#include <string_view>

#include "base/python_text.h"

namespace taper::nn::detail {

using taper::detail::python_bool;
using taper::detail::python_float;
using taper::detail::python_tuple;

/// ValueError unless `device` is "cpu".
void check_device(const char* who, std::string_view device);
/// ValueError naming the argument unless it is at least 0.
void check_size(const char* who, const char* argument, std::int64_t size);

}  // namespace taper::nn::detail
