#pragma once

#include <cstdint>

#include "base/generator_lock.h"

namespace taper::data::detail {

/// What torch's random_() gives for int64.
std::uint64_t draw_seed(Generator& generator);

}  // namespace taper::data::detail
