#include "ops/sparse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "kernels/rows.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "tensor/extra.h"
#include "tensor/loan.h"
#include "tensor/make.h"

namespace taper {
namespace {

// A COO tensor with one sparse dimension of floating-point numbers, read as a list of rows.
struct SparseRows {
  detail::LoanLock lock;
  Tensor indices;
  Tensor values;
  std::int64_t count;
  std::int64_t dim;

  SparseRows(const char* op, const Tensor& x) : lock(x) {
    indices = x.indices().contiguous();
    values = detail::numbers_to_read(x);
    if (indices.dim() != 2 || indices.shape()[0] != 1 || !is_floating_point(values.dtype()))
      throw TypeError(fmt::format("{}: takes floating-point tensors with one sparse dimension", op));
    count = indices.shape()[1];
    dim = count == 0 ? 0 : values.numel() / count;
  }
  const std::int64_t* rows() const { return indices.data<std::int64_t>(); }
  template <class T>
  const T* numbers() const {
    return detail::numbers_now<const T>(values);
  }
};

Shape values_shape(const Tensor& x, std::int64_t count) {
  Shape shape{count};
  for (int d = 1; d < x.dim(); ++d) shape.push_back(x.shape()[d]);
  return shape;
}

void add_entries(const Tensor& dense, const Tensor& sparse) {
  const SparseRows r("add", sparse);
  if (r.dim == 0) return;
  detail::dispatch_floating(dense.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::add_rows(dense.data<T>(), r.dim, r.rows(), r.count, r.numbers<T>());
  });
}

}  // namespace

Tensor Tensor::coalesce() const {
  if (is_coalesced()) return *this;
  const SparseRows r("coalesce", *this);
  const kernels::RowGroups groups = kernels::group_rows(r.rows(), r.count);
  Tensor rows = detail::make_tensor({1, groups.size()}, DType::int64);
  Tensor sums = detail::make_tensor(values_shape(*this, groups.size()), dtype());
  detail::dispatch_floating(dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::sum_groups(groups, r.rows(), r.numbers<T>(), r.dim, rows.data<std::int64_t>(), sums.data<T>());
  });
  return detail::make_sparse(rows, sums, shape(), true);
}

Tensor Tensor::to_dense() const {
  if (!is_sparse()) return *this;
  Tensor dense = zeros(shape(), {.dtype = dtype()});
  add_entries(dense, *this);
  return dense;
}

namespace detail {

Tensor add_sparse(const Tensor& a, const Tensor& b) {
  if (!a.values().is_contiguous() || !b.values().is_contiguous()) {
    const std::int64_t count = a.indices().shape()[1] + b.indices().shape()[1];
    Tensor rows = make_tensor({1, count}, DType::int64);
    Tensor values = make_tensor(values_shape(a, count), a.dtype());
    const std::int64_t split = a.indices().shape()[1];
    rows.slice(1, 0, split).copy_(a.indices());
    rows.slice(1, split, count).copy_(b.indices());
    values.slice(0, 0, split).copy_(a.values().detach());
    values.slice(0, split, count).copy_(b.values().detach());
    Tensor joined = make_sparse(rows, values, a.shape(), false);
    return values.numel() > a.numel() ? joined.coalesce() : joined;
  }
  const SparseRows x("add", a);
  const SparseRows y("add", b);
  const std::int64_t count = kernels::merged_count(x.rows(), x.count, y.rows(), y.count);
  Tensor rows = make_tensor({1, count}, DType::int64);
  Tensor values = make_tensor(values_shape(a, count), a.dtype());
  dispatch_floating(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::merge_rows(x.rows(), x.numbers<T>(), x.count, y.rows(), y.numbers<T>(), y.count, std::max(x.dim, y.dim),
                        rows.data<std::int64_t>(), values.data<T>());
  });
  return make_sparse(rows, values, a.shape(), a.is_coalesced() && b.is_coalesced());
}

Tensor add_sparse_to_dense(const Tensor& dense, const Tensor& sparse) {
  Tensor sum = make_tensor(dense.shape(), dense.dtype());
  std::memcpy(sum.get().data, dense.contiguous().get().data,
              static_cast<std::size_t>(dense.numel()) * size_of(dense.dtype()));
  add_entries(sum, sparse);
  return sum;
}

void add_sparse_in_place(const Tensor& dense, const Tensor& sparse) {
  if (!dense.is_contiguous()) {
    Tensor sum = dense;
    sum.copy_(add_sparse_to_dense(dense, sparse));
    return;
  }
  add_entries(dense, sparse);
  bump_version(dense);
}

Tensor own_sparse(const Tensor& sparse) {
  const Extra& parts = *sparse.get().extra;
  const bool own = sparse.get().refs.get() == 1 && is_unique(parts.indices);
  if (own && is_unique(parts.values) && parts.values.is_contiguous()) return sparse;
  if (own && borrow_values(sparse)) return sparse;
  return make_sparse(sparse.indices().clone(), sparse.values().detach().contiguous().clone(), sparse.shape(),
                     parts.coalesced);
}

}  // namespace detail
}  // namespace taper
