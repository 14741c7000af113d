#include "tensor/undo.h"

#include <atomic>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/make.h"

namespace taper::detail {
namespace {

// What one change has overwritten: pieces of the storage, with what stood there.
struct Change {
  std::uint32_t before = 0;
  std::uint32_t after = 0;
  std::size_t piece = 0;        // bytes
  std::vector<std::size_t> at;  // where each piece begins
  std::vector<char> bytes;
};

struct Log {
  std::vector<Change> changes;  // each begins at the version that the one before ended with
  std::size_t bytes = 0;
};

std::mutex& logs_mutex() {
  static std::mutex mutex;
  return mutex;
}
std::unordered_map<const Storage*, Log>& logs() {
  static auto* const all = ::new std::unordered_map<const Storage*, Log>;  // outlives the last tensor
  return *all;
}
std::atomic<std::size_t> log_count{0};

std::size_t row_bytes(const Tensor& table) {
  return static_cast<std::size_t>(table.shape()[1]) * size_of(table.dtype());
}

}  // namespace

RowUndo::RowUndo(const Tensor& table, const std::int64_t* rows, std::int64_t count)
    : table_(table),
      rows_(rows),
      count_(count),
      before_(make_tensor({count, table.shape()[1]}, table.dtype())),
      version_(table.version()) {
  const std::size_t bytes = row_bytes(table);
  for (std::int64_t i = 0; i < count; ++i)
    std::memcpy(before_.get().data + static_cast<std::size_t>(i) * bytes,
                table.get().data + static_cast<std::size_t>(rows[i]) * bytes, bytes);
}

void RowUndo::keep() const {
  const TensorImpl& impl = table_.get();
  Change change{version_, table_.version(), row_bytes(table_), {}, {}};
  for (std::int64_t i = 0; i < count_; ++i) {
    const char* now = impl.data + static_cast<std::size_t>(rows_[i]) * change.piece;
    const char* then = before_.get().data + static_cast<std::size_t>(i) * change.piece;
    if (std::memcmp(now, then, change.piece) == 0) continue;
    change.at.push_back(static_cast<std::size_t>(now - static_cast<char*>(impl.storage->data)));
    change.bytes.insert(change.bytes.end(), then, then + change.piece);
  }
  const std::lock_guard lock(logs_mutex());
  Log& log = logs()[impl.storage];
  if (!log.changes.empty() && log.changes.back().after != change.before) log = {};
  log.bytes += change.bytes.size();
  log.changes.push_back(std::move(change));
  std::size_t oldest = 0;
  while (log.bytes > impl.storage->bytes) log.bytes -= log.changes[oldest++].bytes.size();
  log.changes.erase(log.changes.begin(), log.changes.begin() + static_cast<std::ptrdiff_t>(oldest));
  log_count.store(logs().size(), std::memory_order_release);
}

Tensor as_of_version(const Tensor& tensor, std::uint32_t version) {
  const TensorImpl& impl = tensor.get();
  if (impl.storage == nullptr || log_count.load(std::memory_order_acquire) == 0) return {};
  const std::lock_guard lock(logs_mutex());
  const auto found = logs().find(impl.storage);
  if (found == logs().end()) return {};
  const std::vector<Change>& changes = found->second.changes;
  if (changes.empty() || changes.back().after != tensor.version() || changes.front().before > version) return {};
  const auto count = static_cast<std::int64_t>(impl.storage->bytes / size_of(impl.dtype));
  const Tensor copy = make_tensor({count}, impl.dtype);
  std::memcpy(copy.get().data, impl.storage->data, static_cast<std::size_t>(count) * size_of(impl.dtype));
  for (auto change = changes.rbegin(); change != changes.rend() && change->before >= version; ++change)
    for (std::size_t i = 0; i < change->at.size(); ++i)
      std::memcpy(copy.get().data + change->at[i], change->bytes.data() + i * change->piece, change->piece);
  return alias(copy, impl.shape, impl.strides, tensor.storage_offset());
}

void forget_undo(const Storage* storage) noexcept {
  if (log_count.load(std::memory_order_acquire) == 0) return;
  const std::lock_guard lock(logs_mutex());
  logs().erase(storage);
  log_count.store(logs().size(), std::memory_order_release);
}

}  // namespace taper::detail
