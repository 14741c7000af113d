#include "ops/lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/rows.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"
#include "tensor/undo.h"

namespace taper::detail {

void check_table(const char* op, const Tensor& weight) {
  if (weight.dim() != 2)
    throw ShapeError(fmt::format("{}: weight has shape {}; a table has two dimensions", op, to_string(weight.shape())));
}

std::int64_t checked_padding(const char* op, std::optional<std::int64_t> padding, std::int64_t rows) {
  if (!padding) return -1;
  if (*padding < -rows || *padding >= rows)
    throw ValueError(fmt::format("{}: padding_idx {} is outside [{}, {})", op, *padding, -rows, rows));
  return *padding < 0 ? *padding + rows : *padding;
}

Tensor checked_indices(const char* op, std::string_view who, const Tensor& indices, std::int64_t rows) {
  check_index_type(op, indices);
  Tensor numbers = indices.is_contiguous() && !indices.is_sparse() ? indices : dense(indices);
  with_index(numbers, [&](const auto* at) {
    const std::int64_t bad = kernels::find_bad_index(at, numbers.numel(), rows);
    if (bad >= 0)
      throw IndexError(fmt::format("{}: index {} at position {} {}outside [0, {})", who.empty() ? op : who, at[bad],
                                   position(bad, indices.shape()), who.empty() ? "is " : "", rows));
  });
  return numbers;
}

void check_max_norm(const char* op, const Tensor& weight) {
  if (!is_floating_point(weight.dtype()))
    throw TypeError(fmt::format("{}: max_norm needs a floating-point table, not {}", op, name(weight.dtype())));
}

void renorm(const char* op, const Tensor& weight, const Tensor& indices, double max_norm, double p) {
  const bool recording = thread_state.grad_enabled;
  const NoGradGuard unrecorded;
  check_in_place(op, weight, false);
  const Tensor table = dense(weight);
  const std::vector<std::int64_t> rows = with_index(indices, [&](const auto* numbers) {
    return kernels::distinct_indices(numbers, indices.numel(), weight.shape()[0]);
  });
  const auto count = static_cast<std::int64_t>(rows.size());
  std::optional<RowUndo> undo;
  if (recording && weight.is_contiguous()) undo.emplace(table, rows.data(), count);
  dispatch_floating(weight.dtype(), [&](auto zero) {
    kernels::renorm_rows(table.data<decltype(zero)>(), weight.shape()[1], rows.data(), count, max_norm, p);
  });
  if (!weight.is_contiguous()) copy_raw(weight, table);
  bump_version(weight);
  if (undo) undo->keep();
}

std::vector<std::int64_t> frequencies(const Tensor& indices, std::int64_t rows) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(rows));
  with_index(indices, [&](const auto* numbers) { kernels::count_indices(numbers, indices.numel(), counts.data()); });
  return counts;
}

Tensor inverse_frequencies(const Tensor& indices, std::int64_t rows, DType dtype) {
  const std::vector<std::int64_t> counts = frequencies(indices, rows);
  Shape shape = indices.shape();
  shape.push_back(1);
  Tensor result = make_tensor(shape, dtype);
  dispatch_floating(dtype, [&](auto zero) {
    using T = decltype(zero);
    with_index(indices, [&](const auto* numbers) {
      for (std::int64_t i = 0; i < indices.numel(); ++i)
        result.data<T>()[i] = static_cast<T>(1.0 / static_cast<double>(counts[static_cast<std::size_t>(numbers[i])]));
    });
  });
  return result;
}

namespace {

Tensor taken(const Tensor& x, const Tensor& positions) {
  const Tensor source = dense(x);
  Shape shape = x.shape();
  shape[0] = positions.numel();
  Tensor out = make_tensor(shape, x.dtype());
  const std::int64_t bytes = (x.dim() == 2 ? x.shape()[1] : 1) * static_cast<std::int64_t>(size_of(x.dtype()));
  kernels::gather_rows(source.get().data, bytes, positions.data<std::int64_t>(), positions.numel(), out.get().data);
  return out;
}

}  // namespace

Tensor sparse_gradient(Tensor values, const Tensor& indices, const Lookup& how) {
  const NoGradGuard unrecorded;
  const std::int64_t all = indices.numel();
  if (how.scaled) values = values * inverse_frequencies(indices, how.rows, values.dtype()).view({all, 1});
  // A copy: the user may change the indices before the next backward.
  Tensor rows = make_tensor({1, all}, DType::int64);
  auto* to = rows.data<std::int64_t>();
  with_index(indices, [&](const auto* from) { std::copy(from, from + all, to); });
  if (how.padding >= 0 && std::find(to, to + all, how.padding) != to + all) {
    const Tensor flat = alias(rows, {all}, {1});
    const Tensor kept = flat_nonzero(flat != how.padding);
    values = taken(values, kept);
    rows = alias(taken(flat, kept), {1, kept.numel()}, {kept.numel(), 1});
  }
  return make_sparse(rows, values, {how.rows, how.dim}, rows.numel() < 2);
}

}  // namespace taper::detail
