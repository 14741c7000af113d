#include "tensor/loan.h"

#include <cstring>
#include <mutex>

#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::detail {
namespace {

std::recursive_mutex& loan_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

void copy_values(Extra& parts) {
  const Tensor copy = make_dense_like(parts.values, parts.values.dtype());
  std::memcpy(copy.get().data, parts.values.get().data, static_cast<std::size_t>(copy.numel()) * size_of(copy.dtype()));
  parts.values.get().storage->borrower.store(nullptr, std::memory_order_relaxed);
  parts.values = copy;
  parts.borrowed.store(false, std::memory_order_release);
}

}  // namespace

bool borrow_values(const Tensor& sparse) {
  Extra& parts = extra(sparse);
  Storage* storage = parts.values.get().storage;
  if (storage == nullptr || storage->give_back != nullptr || !parts.values.is_contiguous()) return false;
  const std::lock_guard lock(loan_mutex());
  if (storage->borrower.load(std::memory_order_relaxed) != nullptr) return false;
  storage->borrower.store(&parts, std::memory_order_relaxed);
  parts.borrowed.store(true, std::memory_order_relaxed);
  return true;
}

const Tensor& values_to_read(const Tensor& sparse) { return sparse.get().extra->values; }

Tensor numbers_to_read(const Tensor& sparse) {
  const Tensor& values = values_to_read(sparse);
  return values.is_contiguous() ? values : values.detach().contiguous();
}

LoanLock::LoanLock(const Tensor& sparse) {
  const Extra* parts = sparse.get().extra;
  if (parts != nullptr && parts->borrowed.load(std::memory_order_acquire)) lock_ = std::unique_lock(loan_mutex());
}

void own_values(const Tensor& sparse) {
  Extra& parts = *sparse.get().extra;
  if (!parts.borrowed.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(loan_mutex());
  if (parts.borrowed.load(std::memory_order_relaxed)) copy_values(parts);
}

void end_loan(Storage& storage) {
  const std::lock_guard lock(loan_mutex());
  if (Extra* parts = storage.borrower.load(std::memory_order_relaxed)) copy_values(*parts);
}

Extra::~Extra() {
  if (!borrowed.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(loan_mutex());
  if (borrowed.load(std::memory_order_relaxed))
    values.get().storage->borrower.store(nullptr, std::memory_order_relaxed);
}

}  // namespace taper::detail
