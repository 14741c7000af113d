#pragma once

#include "taper/tensor/tensor.h"
#include "tensor/storage.h"

/// The values of a sparse gradient may be the memory of the cotangent that it came of. Whichever of the two is to be
/// changed in place, the gradient is given a copy before. A write through a raw pointer is the one that nobody sees.
namespace taper::detail {

/// Makes `sparse` the borrower of the memory that its values share with another tensor. False where that memory is not
/// Taper's own or is lent already.
bool borrow_values(const Tensor& sparse);

/// The values as they are now, to be read only.
const Tensor& values_to_read(const Tensor& sparse);
/// Their numbers, row-major and outside the tape.
Tensor numbers_to_read(const Tensor& sparse);

/// Gives `sparse` values of its own if its values are borrowed.
void own_values(const Tensor& sparse);

/// To be called before a storage's numbers are changed: gives its borrower a copy.
void end_loan(Storage& storage);
inline void before_change(const Tensor& tensor) {
  Storage* storage = tensor.get().storage;
  if (storage != nullptr && storage->borrower.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
    end_loan(*storage);
}

}  // namespace taper::detail
