#pragma once

#include <cstdint>
#include <vector>

namespace taper::kernels {

/// The positions of a list's entries in ascending order of their rows, which are not negative. Entries of one row stand
/// in the order that libstdc++'s std::sort leaves them in: it is not stable, and PyTorch adds up their values in it.
std::vector<std::int64_t> row_order(const std::int64_t* rows, std::int64_t count);

}  // namespace taper::kernels
