#pragma once

#include <cstddef>

namespace taper::pool {

/// A block of at least `bytes` bytes, aligned to 64. `named` is what a message calls the request, if not all of it.
/// Freed blocks are kept by size class, first in the thread and then in the process, so that a training step that has
/// run once asks the system for nothing. ResourceError over the memory limit.
void* allocate(std::size_t bytes, std::size_t named = 0);

/// Gives back a block; `bytes` as it was asked for. Any thread may free a block of any other.
void release(void* block, std::size_t bytes) noexcept;

}  // namespace taper::pool
