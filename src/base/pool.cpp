#include "base/pool.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>

#include "base/byte_count.h"
#include "taper/base/error.h"
#include "taper/base/memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define TAPER_POOL_OFF 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TAPER_POOL_OFF 1
#endif
#endif

namespace taper {
namespace {

using pool::cache;
using pool::Free;
using pool::kClasses;
using pool::kStep;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
constexpr std::size_t kGiB = 1024 * kMiB;
constexpr std::size_t kSlab = 256 * kKiB;
constexpr std::size_t kSlabLimit = 16 * kKiB;    // blocks up to here are cut from slabs
constexpr std::size_t kThreadLimit = kMiB;       // blocks up to here are kept by the thread that freed them
constexpr std::size_t kThreadCache = 64 * kMiB;  // what one thread keeps of unslabbed blocks before it hands them on
constexpr std::size_t kSharedCache = kGiB;       // what the process keeps of them before it gives them back
constexpr std::size_t kMost = 16 * 1024 * kGiB;
constexpr std::size_t kHugePage = 2 * kMiB;
constexpr std::size_t kHugeBlock = 2 * kHugePage;  // blocks from here on lie in huge pages, but for their ends

#ifdef TAPER_POOL_OFF
constexpr bool pooled = false;  // so that the sanitizer sees every block's life
#else
constexpr bool pooled = true;
#endif

int class_of(std::size_t bytes) {
  const std::size_t units = bytes == 0 ? 1 : (bytes + kStep - 1) / kStep;
  if (units <= 8) return static_cast<int>(units) - 1;
  const int log = static_cast<int>(std::bit_width(units - 1)) - 4;  // units in (2^(log+3), 2^(log+4)]
  return 8 + log * 8 + static_cast<int>(((units - 1) >> log) - 8);
}

std::size_t class_bytes(int index) {
  if (index < 8) return static_cast<std::size_t>(index + 1) * kStep;
  const int log = (index - 8) / 8;
  return static_cast<std::size_t>((index - 8) % 8 + 9) * kStep << log;
}

std::atomic<std::size_t> limit{0};
std::atomic<std::size_t> large_in_use{0};

[[noreturn]] void refuse(std::size_t named, const std::string& why) {
  throw ResourceError(fmt::format("memory: needs {}, {}", byte_count(named), why));
}

// A walk through the page table is spared for 511 pages of 512, and with it most of a random row's wait; so is the
// fault at each page's first touch.
void ask_for_huge_pages(void* block, std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  madvise(block, bytes, MADV_HUGEPAGE);  // a wish: without it all is as before
#else
  static_cast<void>(block);
  static_cast<void>(bytes);
#endif
}

void* system_block(std::size_t bytes, std::size_t named) {
  const bool huge = bytes >= kHugeBlock;
  void* block = nullptr;  // not by aligned_alloc, which in some libraries wants whole multiples of the alignment
  if (posix_memalign(&block, huge ? kHugePage : kStep, bytes) != 0) refuse(named, "and the system has no such block");
  if (huge) ask_for_huge_pages(block, bytes);
  return block;
}

// Shared by all threads and never destroyed: tensors of static life may end after it would.
struct Shared {
  std::mutex mutex;
  std::array<Free*, kClasses> lists{};
  std::size_t kept = 0;  // of unslabbed blocks
};
Shared& shared() {
  static Shared& instance = *::new (std::malloc(sizeof(Shared))) Shared;
  return instance;
}

// Hands on what a thread keeps when it ends.
struct Handover {
  Handover() = default;
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;
  ~Handover();
};

void arrange_handover() {
  thread_local Handover handover;
  static_cast<void>(handover);
  cache.keeps = pooled;
}

void* pop(Free*& list) {
  Free* block = list;
  if (block != nullptr) list = block->next;
  return block;
}

void push(Free*& list, void* memory) {
  Free* block = static_cast<Free*>(memory);
  block->next = list;
  list = block;
}

void* shared_pop(std::size_t index, std::size_t size) {
  Shared& all = shared();
  const std::lock_guard lock(all.mutex);
  void* block = pop(all.lists[index]);
  if (block != nullptr && size > kSlabLimit) all.kept -= size;
  return block;
}

void shared_push(std::size_t index, std::size_t size, void* block) {
  Shared& all = shared();
  const std::lock_guard lock(all.mutex);
  if (size > kSlabLimit) {
    if (all.kept + size > kSharedCache) return std::free(block);
    all.kept += size;
  }
  push(all.lists[index], block);
}

Handover::~Handover() {
  cache.ended = true;
  cache.keeps = false;
  for (std::size_t i = 0; i < kClasses; ++i)
    while (void* block = pop(cache.lists[i])) shared_push(i, class_bytes(static_cast<int>(i)), block);
}

void* refill(std::size_t index, std::size_t bytes, std::size_t named) {
  if (void* block = shared_pop(index, bytes)) return block;
  if (bytes > kSlabLimit) return system_block(bytes, named);
  if (cache.slab_left < bytes) {
    cache.slab = static_cast<char*>(system_block(kSlab, named));
    cache.slab_left = kSlab;
  }
  void* block = cache.slab;
  cache.slab += bytes;
  cache.slab_left -= bytes;
  return block;
}

void charge(std::size_t bytes, std::size_t named) {
  const std::size_t now = large_in_use.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  const std::size_t most = limit.load(std::memory_order_relaxed);
  if (most == 0 || now <= most) return;
  large_in_use.fetch_sub(bytes, std::memory_order_relaxed);
  refuse(named, fmt::format("budget {}, of which {} are in use; see set_memory_limit", byte_count(most),
                            byte_count(now - bytes)));
}

}  // namespace

void set_memory_limit(std::size_t bytes) { limit.store(bytes, std::memory_order_relaxed); }

std::size_t memory_in_use() { return large_in_use.load(std::memory_order_relaxed); }

namespace pool {

// A block that is not at hand in the thread's list of small ones.
void* find_block(std::size_t bytes, std::size_t named) {
  if (named == 0) named = bytes;
  if (bytes > kMost) refuse(named, "more than any machine has");
  const int index = class_of(bytes);
  const std::size_t size = class_bytes(index);
  if (size > kSlabLimit) charge(size, named);
  if (!pooled) return system_block(size, named);
  const auto at = static_cast<std::size_t>(index);
  try {
    if (cache.ended || size > kThreadLimit) {
      void* block = shared_pop(at, size);
      return block != nullptr ? block : system_block(size, named);
    }
    if (!cache.keeps) arrange_handover();
    if (void* block = pop(cache.lists[at])) {
      if (size > kSlabLimit) cache.kept -= size;
      return block;
    }
    return refill(at, size, named);
  } catch (...) {
    if (size > kSlabLimit) large_in_use.fetch_sub(size, std::memory_order_relaxed);
    throw;
  }
}

void keep_block(void* block, std::size_t bytes) noexcept {
  const int index = class_of(bytes);
  const std::size_t size = class_bytes(index);
  if (size > kSlabLimit) large_in_use.fetch_sub(size, std::memory_order_relaxed);
  if (!pooled) return std::free(block);
  const auto at = static_cast<std::size_t>(index);
  if (!cache.ended && size <= kThreadLimit) {
    if (!cache.keeps) arrange_handover();
    if (size <= kSlabLimit || cache.kept + size <= kThreadCache) {
      if (size > kSlabLimit) cache.kept += size;
      return push(cache.lists[at], block);
    }
  }
  shared_push(at, size, block);
}

}  // namespace pool
}  // namespace taper
