#pragma once

#include <cstdint>

namespace taper::kernels {

/// Makes `count` vectors of `n` numbers, one behind the other, orthogonal to each other and of length 1: the Q of their
/// QR decomposition whose R has a positive diagonal. count <= n. What depends on those before becomes 0.
void orthonormalize(double* vectors, std::int64_t count, std::int64_t n);

}  // namespace taper::kernels
