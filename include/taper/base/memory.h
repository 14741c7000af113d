#pragma once

#include <cstddef>

namespace taper {

/// The most bytes that tensors and tapes may hold at once; 0, as at the start, is no limit. A request beyond it is a
/// ResourceError that names the request and the limit, and touches no memory. Blocks of at most 16 KiB are not counted,
/// nor are tensors that lie in a mapped file (LoadOptions::mmap).
void set_memory_limit(std::size_t bytes);

/// Bytes held by live tensors and tapes at this moment, blocks of at most 16 KiB and the pool's free blocks not
/// counted.
std::size_t memory_in_use();

}  // namespace taper
