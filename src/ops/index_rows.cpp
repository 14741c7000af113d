#include "ops/index_rows.h"

#include <fmt/format.h>

#include <cstring>

#include "kernels/index.h"
#include "kernels/rows.h"
#include "ops/elementwise.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/shape.h"

namespace taper::detail {

Tensor dense(const Tensor& x) {
  if (x.is_sparse()) throw TypeError("index: a sparse tensor; use to_dense() first");
  if (x.is_contiguous()) return alias(x);
  Tensor copy = make_tensor(x.shape(), x.dtype());
  copy_raw(copy, x);
  return copy;
}

std::string position(std::int64_t i, const Shape& shape) {
  Shape at = shape;
  for (int d = shape.size() - 1; d >= 0; --d) {
    at[d] = i % shape[d];
    i /= shape[d];
  }
  return to_string(at);
}

void check_index_type(const char* op, const Tensor& index) {
  if (index.dtype() != DType::int64 && index.dtype() != DType::int32)
    throw TypeError(fmt::format("{}: indices must be int32 or int64, got {}", op, name(index.dtype())));
}

Tensor checked_index(const char* op, const Tensor& index, std::int64_t size) {
  check_index_type(op, index);
  Tensor result = dense(index);
  with_index(result, [&](const auto* numbers) {
    if (const std::int64_t bad = kernels::find_bad_index(numbers, index.numel(), size); bad >= 0)
      throw IndexError(fmt::format("{}: index {} at position {} is outside [0, {})", op, numbers[bad],
                                   position(bad, index.shape()), size));
  });
  return result;
}

Tensor wrapped_index(const char* op, const Tensor& index, std::int64_t size) {
  check_index_type(op, index);
  Tensor numbers = dense(index);
  return with_index(numbers, [&](const auto* from) {
    const std::int64_t count = index.numel();
    const std::int64_t first = kernels::find_bad_index(from, count, size);
    if (first < 0) return numbers;
    Tensor result = make_tensor(index.shape(), DType::int64);
    auto* to = result.data<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) {
      if (from[i] < -size || from[i] >= size)
        throw IndexError(fmt::format("{}: index {} at position {} is outside [{}, {})", op, from[i],
                                     position(i, index.shape()), -size, size));
      to[i] = from[i] < 0 ? from[i] + size : from[i];
    }
    return result;
  });
}

Tensor flat_nonzero(const Tensor& x) {
  const Tensor in = dense(x);
  return dispatch(in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* numbers = in.data<T>();
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < in.numel(); ++i) count += numbers[i] != T(0) ? 1 : 0;
    Tensor result = make_tensor({count}, DType::int64);
    auto* to = result.data<std::int64_t>();
    // Without a branch on the numbers, which nobody can predict.
    for (std::int64_t i = 0, found = 0; found < count; ++i) {
      to[found] = i;
      found += numbers[i] != T(0) ? 1 : 0;
    }
    return result;
  });
}

Rows::Rows(const Shape& shape, int first, int last, const Shape& by) : whole(shape) {
  for (int d = 0; d < first; ++d) {
    outer *= shape[d];
    result.push_back(shape[d]);
  }
  for (int d = first; d < last; ++d) n *= shape[d];
  for (const std::int64_t size : by) result.push_back(size);
  for (int d = last; d < shape.size(); ++d) {
    inner *= shape[d];
    result.push_back(shape[d]);
  }
}

Tensor take_rows(const char* node, const Tensor& x, const Tensor& index, const Rows& rows) {
  const Tensor in = dense(x);
  Tensor out = make_tensor(rows.result, x.dtype());
  with_index(index, [&](const auto* numbers) {
    kernels::index_select(in.get().data, rows.outer, rows.n, rows.inner * static_cast<std::int64_t>(size_of(x.dtype())),
                          numbers, index.numel(), out.get().data);
  });
  return record(
      node, std::move(out), {x}, saved(index, rows),
      [](Grads& dx, const Tensor& g, const Tensor& at, const Rows& r) { dx.add(0, add_rows_to_zeros(g, at, r)); });
}

Tensor add_rows_to_zeros(const Tensor& values, const Tensor& index, const Rows& rows) {
  const Tensor source = dense(values);
  Tensor out = zeros(rows.whole, {.dtype = values.dtype()});
  dispatch_floating(values.dtype(), [&](auto zero) {
    using T = decltype(zero);
    with_index(index, [&](const auto* numbers) {
      kernels::index_add(out.data<T>(), rows.outer, rows.n, rows.inner, numbers, index.numel(), source.data<T>(), T(1));
    });
  });
  return record("IndexPutBackward0", std::move(out), {values}, saved(index, rows),
                [](Grads& dx, const Tensor& g, const Tensor& at, const Rows& r) {
                  dx.add(0, take_rows("IndexBackward0", g, at, r));
                });
}

void write_rows(const Tensor& x, const Tensor& values, const Tensor& index, const Rows& rows) {
  Tensor source = values;
  if (source.dtype() != x.dtype() || source.shape() != rows.result || !source.is_contiguous()) {
    source = make_tensor(rows.result, x.dtype());
    copy_raw(source, values);
  }
  with_index(index, [&](const auto* numbers) {
    kernels::index_copy(x.get().data, rows.outer, rows.n, rows.inner * static_cast<std::int64_t>(size_of(x.dtype())),
                        numbers, index.numel(), source.get().data);
  });
}

Tensor put_rows(const Tensor& x, const Tensor& values, const Tensor& index, const Rows& rows) {
  Tensor out = make_tensor(x.shape(), x.dtype());
  copy_raw(out, x);
  write_rows(out, values, index, rows);
  return record("IndexPutBackward0", std::move(out), {x, values}, saved(index, rows, Like(values)),
                [](Grads& dx, const Tensor& g, const Tensor& at, const Rows& r, const Like& like) {
                  if (dx.wants(0)) dx.add(0, put_rows(g, zeros({}, {.dtype = g.dtype()}), at, r));
                  if (dx.wants(1)) dx.add(1, sum_to(take_rows("IndexBackward0", g, at, r), like));
                });
}

}  // namespace taper::detail
