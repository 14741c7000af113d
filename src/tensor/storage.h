#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "taper/base/ref_count.h"

namespace taper::detail {

struct Extra;

/// The bytes that a tensor and its views share: this header, and behind it the data in the same block, or memory that
/// belongs to someone else.
struct Storage {
  RefCount refs;
  std::atomic<std::uint32_t> version{0};  // one up at each change in place
  std::size_t bytes = 0;
  void* data = nullptr;
  void (*give_back)(void* owner) = nullptr;  // set where the data is not in this block
  void* owner = nullptr;
  std::atomic<Extra*> borrower{nullptr};  // a sparse gradient's parts whose values lie here (tensor/loan.h)
  std::atomic<bool> shown{false};         // whether somebody may hold a pointer to the numbers (Tensor::data)

  /// A new storage of `bytes` bytes, not initialised, aligned to 64.
  static Storage* make(std::size_t bytes);
  /// A storage over foreign memory; `give_back(owner)` is called at its end.
  static Storage* adopt(void* data, std::size_t bytes, void* owner, void (*give_back)(void*));
};

inline void retain(Storage* storage) noexcept { storage->refs.add(); }
void destroy(Storage* storage) noexcept;
inline void release(Storage* storage) noexcept {
  if (storage->refs.drop()) destroy(storage);
}

}  // namespace taper::detail
