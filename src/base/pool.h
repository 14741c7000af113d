#pragma once

#include <array>
#include <cstddef>

/// A block's life in the common case, a small one that this thread has had before, is inline: every operation goes
/// through it several times.
namespace taper::pool {

struct Free {
  Free* next;
};

// Classes of one 64-byte step up to 512 bytes, then eight to each doubling: at most an eighth of a block is lost.
inline constexpr std::size_t kStep = 64;
inline constexpr std::size_t kSmall = 8 * kStep;  // up to here the class is the number of steps
inline constexpr int kClasses = 8 + 8 * 39;

/// What a thread keeps. It has no destructor, so that reaching it costs no check.
struct Cache {
  std::array<Free*, kClasses> lists{};
  std::size_t kept = 0;  // bytes of unslabbed blocks
  char* slab = nullptr;
  std::size_t slab_left = 0;
  bool keeps = false;  // whether freed blocks may stay here: from the thread's first to its end
  bool ended = false;
};
inline thread_local constinit Cache cache;

void* find_block(std::size_t bytes, std::size_t named);
void keep_block(void* block, std::size_t bytes) noexcept;

/// A block of at least `bytes` bytes, aligned to 64. `named` is what a message calls the request, if not all of it.
/// Freed blocks are kept by size class, first in the thread and then in the process, so that a training step that has
/// run once asks the system for nothing. ResourceError over the memory limit.
inline void* allocate(std::size_t bytes, std::size_t named = 0) {
  if (bytes - 1 < kSmall) {
    Free*& list = cache.lists[(bytes - 1) / kStep];
    if (Free* block = list) {
      list = block->next;
      return block;
    }
  }
  return find_block(bytes, named);
}

/// Gives back a block; `bytes` as it was asked for. Any thread may free a block of any other.
inline void release(void* block, std::size_t bytes) noexcept {
  if (bytes - 1 >= kSmall || !cache.keeps) return keep_block(block, bytes);
  Free*& list = cache.lists[(bytes - 1) / kStep];
  auto* freed = static_cast<Free*>(block);
  freed->next = list;
  list = freed;
}

/// For standard containers whose blocks come and go with each step.
template <class T>
struct Allocator {
  using value_type = T;
  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(pool::allocate(count * sizeof(T))); }
  void deallocate(T* block, std::size_t count) noexcept { release(block, count * sizeof(T)); }
  friend bool operator==(const Allocator&, const Allocator&) { return true; }
};

}  // namespace taper::pool
