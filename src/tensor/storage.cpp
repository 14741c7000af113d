#include "tensor/storage.h"

#include <new>

#include "base/pool.h"
#include "tensor/undo.h"

namespace taper::detail {
namespace {
constexpr std::size_t kHeader = 64;
static_assert(sizeof(Storage) <= kHeader);
}  // namespace

Storage* Storage::make(std::size_t bytes) {
  void* block = pool::allocate(kHeader + bytes, bytes);
  auto* storage = ::new (block) Storage;
  storage->bytes = bytes;
  storage->data = static_cast<char*>(block) + kHeader;
  return storage;
}

Storage* Storage::adopt(void* data, std::size_t bytes, void* owner, void (*give_back)(void*)) {
  auto* storage = ::new (pool::allocate(kHeader)) Storage;
  storage->bytes = bytes;
  storage->data = data;
  storage->owner = owner;
  storage->give_back = give_back;
  return storage;
}

void destroy(Storage* storage) noexcept {
  if (storage->version.load(std::memory_order_relaxed) != 0) forget_undo(storage);
  const std::size_t held = storage->give_back == nullptr ? storage->bytes : 0;
  if (storage->give_back != nullptr) storage->give_back(storage->owner);
  storage->~Storage();
  pool::release(storage, kHeader + held);
}

}  // namespace taper::detail
