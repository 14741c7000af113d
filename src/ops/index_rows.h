#pragma once

#include <string>

#include "taper/tensor/tensor.h"

/// What operations that take index tensors share.
namespace taper::detail {

/// x outside the tape, row-major: itself, or a copy.
Tensor dense(const Tensor& x);

/// The first element of what may be left out.
template <class T>
const T* numbers_or_null(const Tensor& x) {
  return x.defined() ? x.data<T>() : nullptr;
}

/// "[0, 3]": where element number `i` of a tensor of this shape stands.
std::string position(std::int64_t i, const Shape& shape);

/// TypeError naming `op` unless x is int32 or int64.
void check_index_type(const char* op, const Tensor& index);
/// `index`, row-major. IndexError naming `op` unless it lies in [0, size).
Tensor checked_index(const char* op, const Tensor& index, std::int64_t size);
/// The same for [-size, size); negative ones are counted from the end.
Tensor wrapped_index(const char* op, const Tensor& index, std::int64_t size);

/// The positions of the elements other than zero in row-major order, int64.
Tensor flat_nonzero(const Tensor& x);

/// Entries along some neighbouring dimensions of a tensor, which is seen as [outer][n][inner] with those as n.
struct Rows {
  Shape whole;   // the tensor's shape
  Shape result;  // that of the entries named
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;

  /// Entries of dimensions [first, last) by an index of shape `by`.
  Rows(const Shape& shape, int first, int last, const Shape& by);
};

/// The rows `index` of x, recorded as `node`; `index` is row-major and was checked.
Tensor take_rows(const char* node, const Tensor& x, const Tensor& index, const Rows& rows);
/// Zeros with `values` added to the rows `index`: what take_rows takes, given back.
Tensor add_rows_to_zeros(const Tensor& values, const Tensor& index, const Rows& rows);
/// x with the rows `index` overwritten by `values`, which broadcasts to them.
Tensor put_rows(const Tensor& x, const Tensor& values, const Tensor& index, const Rows& rows);
/// Overwrites in row-major memory, outside the tape.
void write_rows(const Tensor& x, const Tensor& values, const Tensor& index, const Rows& rows);

/// Calls `f` with the index's numbers, int32_t or int64_t.
template <class F>
decltype(auto) with_index(const Tensor& index, F&& f) {
  if (index.dtype() == DType::int32) return f(static_cast<const std::int32_t*>(index.data<std::int32_t>()));
  return f(static_cast<const std::int64_t*>(index.data<std::int64_t>()));
}

}  // namespace taper::detail
