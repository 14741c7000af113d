#pragma once

#include <cstdint>

#include "taper/tensor/tensor.h"
#include "tensor/storage.h"

namespace taper::detail {

/// A new contiguous tensor with numbers not initialised.
Tensor make_tensor(const Shape& shape, DType dtype);

/// A new tensor of the same shape and strides as `like`, which is contiguous.
Tensor make_dense_like(const Tensor& like, DType dtype);

/// A 0-d tensor that holds a plain number and yields to the other operand's dtype.
Tensor wrap_number(Scalar value);

/// Another tensor on `base`'s storage, outside the tape. `offset` in elements from base's first element.
Tensor alias(const Tensor& base, const Shape& shape, const Shape& strides, std::int64_t offset = 0);

/// The same geometry on the same storage, outside the tape.
Tensor alias(const Tensor& base);

/// A tensor of x's geometry and dtype without its numbers, for those who will not read them.
Tensor hollow(const Tensor& x);

/// A tensor over foreign memory.
Tensor adopt_memory(void* data, const Shape& shape, DType dtype, void* owner, void (*give_back)(void*));

/// A sparse COO tensor: indices int64 [sparse_dim, nnz], values [nnz, shape[sparse_dim:]...].
Tensor make_sparse(const Tensor& indices, const Tensor& values, const Shape& shape, bool coalesced);

/// Whether shape and strides are row-major (sizes of one aside).
bool is_contiguous(const Shape& shape, const Shape& strides);

/// What few tensors have.
Extra& extra(const Tensor& tensor);

/// The storage's version, of inference tensors too.
inline std::uint32_t raw_version(const TensorImpl& impl) {
  return impl.storage == nullptr ? 0 : impl.storage->version.load(std::memory_order_relaxed);
}

inline void bump_version(const Tensor& tensor) {
  if (Storage* storage = tensor.get().storage) storage->version.fetch_add(1, std::memory_order_relaxed);
}

/// Whether nobody but this handle sees the tensor and its numbers.
inline bool is_unique(const Tensor& tensor) {
  const TensorImpl& impl = tensor.get();
  return impl.refs.get() == 1 && impl.storage != nullptr && impl.storage->refs.get() == 1;
}

/// Calls `f` with a value of the C++ type that `dtype` stands for.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32:
      return f(float{});
    case DType::float64:
      return f(double{});
    case DType::int64:
      return f(std::int64_t{});
    case DType::int32:
      return f(std::int32_t{});
    case DType::bool_:
      break;
  }
  return f(bool{});
}

/// The same for float and double; `dtype` must be one of them.
template <class F>
decltype(auto) dispatch_floating(DType dtype, F&& f) {
  if (dtype == DType::float64) return f(double{});
  return f(float{});
}

}  // namespace taper::detail
