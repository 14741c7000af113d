#include "autograd/row_gradient.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "kernels/rows.h"
#include "tensor/extra.h"
#include "tensor/loan.h"
#include "tensor/make.h"

namespace taper::detail {
namespace {

// Several threads may read one gradient.
std::mutex& asking() {
  static std::mutex mutex;
  return mutex;
}

std::span<const std::int64_t> rows_of(const Tensor& row_held) {
  const Tensor& list = row_held.get().extra->indices;
  return {numbers_now<const std::int64_t>(list), static_cast<std::size_t>(list.numel())};
}

Tensor mark(Tensor sparse, bool sums) {
  Extra& parts = extra(sparse);
  parts.row_held = true;
  parts.coalesced = sums;
  return sparse;
}

}  // namespace

Tensor hold_by_rows(const Tensor& sparse) { return mark(sparse, false); }

Tensor make_row_held(std::span<const std::int64_t> rows, const Tensor& values, const Shape& shape) {
  const Tensor list = make_tensor({1, static_cast<std::int64_t>(rows.size())}, DType::int64);
  std::copy(rows.begin(), rows.end(), numbers_now<std::int64_t>(list));
  return mark(make_sparse(list, values, shape, true), true);
}

Tensor with_rows_summed(const Tensor& gradient) {
  if (!is_row_held(gradient) || gradient.is_coalesced()) return gradient;
  const LoanLock lock(gradient);
  const std::span<const std::int64_t> rows = rows_of(gradient);
  const kernels::DistinctRows list = kernels::distinct_rows(rows.data(), static_cast<std::int64_t>(rows.size()));
  Tensor sums = make_tensor({list.size(), gradient.shape()[1]}, gradient.dtype());
  dispatch_floating(gradient.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::sum_distinct(list, 0, numbers_now<const T>(values_to_read(gradient)), gradient.shape()[1], false, -1,
                          numbers_now<T>(sums));
  });
  return make_row_held(list.rows, sums, gradient.shape());
}

Tensor add_row_held(const Tensor& a, const Tensor& b) {
  const std::span<const std::int64_t> x = rows_of(a), y = rows_of(b);
  std::vector<std::int64_t> both(x.begin(), x.end());
  both.insert(both.end(), y.begin(), y.end());
  const kernels::DistinctRows list = kernels::distinct_rows(both.data(), static_cast<std::int64_t>(both.size()));
  const Tensor &from = values_to_read(a), &other = values_to_read(b);
  const Tensor sums = make_tensor({list.size(), a.shape()[1]}, a.dtype());
  dispatch_floating(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::copy_n(numbers_now<T>(from), from.numel(), numbers_now<T>(sums));
    kernels::sum_distinct(list, static_cast<std::int64_t>(x.size()), numbers_now<const T>(other), a.shape()[1], false,
                          -1, numbers_now<T>(sums));
  });
  return make_row_held(list.rows, sums, a.shape());
}

bool is_row_held(const Tensor& gradient) {
  return gradient.defined() && gradient.is_sparse() && gradient.get().extra->row_held;
}

Tensor dense_gradient_of(const Tensor& row_held) {
  const std::lock_guard lock(asking());
  Tensor& dense = extra(row_held).dense;
  if (!dense.defined()) dense = row_held.to_dense();
  return dense;
}

Tensor settled(const Tensor& gradient) {
  if (!is_row_held(gradient)) return gradient;
  const std::lock_guard lock(asking());
  const Tensor& dense = extra(gradient).dense;
  return dense.defined() ? dense : gradient;
}

Tensor held_gradient(const Tensor& leaf) {
  const Extra* parts = leaf.get().extra;
  return parts == nullptr ? Tensor() : settled(parts->grad);
}

}  // namespace taper::detail
