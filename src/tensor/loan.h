#pragma once

#include <mutex>

#include "taper/tensor/tensor.h"
#include "tensor/storage.h"

/// The values of a gradient held by rows may be the memory of the cotangent that it came of. Before one of the two is
/// changed in place, or a pointer to the cotangent is handed out, the gradient is given a copy. A write through a
/// pointer that was there before the loan is the one that nobody sees: who minds asks is_shown() first.
namespace taper::detail {

/// Makes `sparse` the borrower of the memory that its values share with another tensor. False where that memory is not
/// Taper's own or is lent already.
bool borrow_values(const Tensor& sparse);

/// The values as they are now, to be read only.
const Tensor& values_to_read(const Tensor& sparse);
/// Their numbers, row-major and outside the tape.
Tensor numbers_to_read(const Tensor& sparse);

/// To be held where another thread might end the loan while the values are read: it waits.
class LoanLock {
 public:
  explicit LoanLock(const Tensor& sparse);

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// Gives `sparse` values of its own if its values are borrowed.
void own_values(const Tensor& sparse);

/// To be called before a storage's numbers are changed: gives its borrower a copy.
void end_loan(Storage& storage);
inline void before_change(const Tensor& tensor) {
  Storage* storage = tensor.get().storage;
  if (storage != nullptr && storage->borrower.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
    end_loan(*storage);
}

/// To be called before a pointer to a storage's numbers is handed out.
inline void before_showing(Storage& storage) {
  if (storage.borrower.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
    end_loan(storage);
  if (!storage.shown.load(std::memory_order_relaxed)) storage.shown.store(true, std::memory_order_relaxed);
}

/// Whether somebody may hold a pointer to the tensor's numbers.
inline bool is_shown(const Tensor& tensor) {
  const Storage* storage = tensor.get().storage;
  return storage != nullptr && storage->shown.load(std::memory_order_relaxed);
}

/// A pointer for the moment, which nobody keeps: Tensor::data without what that does to a loan.
template <class T>
T* numbers_now(const Tensor& tensor) {
  return reinterpret_cast<T*>(tensor.get().data);
}

}  // namespace taper::detail
