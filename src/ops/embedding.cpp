#include "ops/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "autograd/row_gradient.h"
#include "kernels/rows.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "ops/lookup.h"
#include "ops/view.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"
#include "tensor/loan.h"

namespace taper {
namespace {

using detail::frequencies;
using detail::inverse_frequencies;
using detail::Lookup;
using detail::sparse_gradient;
using detail::touches_few_rows;
using detail::with_index;

Tensor lookup(const Tensor& indices, const Tensor& weight, const Lookup& how);

// What the gradient of a gradient has in the rows looked up: the transpose of dense_gradient.
Tensor rows_of_gradient(const Tensor& table, const Tensor& indices, const Lookup& how) {
  Tensor result = lookup(indices, table, {.rows = how.rows, .dim = how.dim});
  if (how.scaled) result = result * inverse_frequencies(indices, how.rows, result.dtype());
  if (how.padding >= 0) result = masked_fill(result, (indices == how.padding).unsqueeze(-1), 0);
  return result;
}

Tensor dense_gradient(const Tensor& g, const Tensor& indices, const Lookup& how) {
  Tensor out = zeros({how.rows, how.dim}, {.dtype = g.dtype()});
  const Tensor values = detail::dense(g);
  const std::vector<std::int64_t> counts = how.scaled ? frequencies(indices, how.rows) : std::vector<std::int64_t>();
  detail::dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    with_index(indices, [&](const auto* numbers) {
      kernels::add_rows(out.data<T>(), how.dim, numbers, indices.numel(), detail::numbers_now<const T>(values), 1,
                        how.padding, how.scaled ? counts.data() : nullptr);
    });
  });
  return record(
      "EmbeddingDenseBackwardBackward0", std::move(out), {g}, saved(indices, how),
      [](Grads& dx, const Tensor& gg, const Tensor& at, const Lookup& l) { dx.add(0, rows_of_gradient(gg, at, l)); });
}

// g as [count, dim] on its own memory where its strides allow.
Tensor as_rows(const Tensor& g, const Shape& shape) {
  if (const std::optional<Shape> strides = detail::view_strides(g, shape)) return detail::alias(g, shape, *strides);
  return detail::alias(detail::dense(g), shape, contiguous_strides(shape));
}

// dense_gradient, row-held. The entries are the cotangent itself where nobody can change that unseen, else each row's
// sum, of the same additions in the same order.
Tensor row_held_gradient(const Tensor& g, const Tensor& indices, const Lookup& how) {
  const bool unique = detail::is_unique(g);
  if (!how.scaled && g.is_contiguous() && (unique || !detail::is_shown(g))) {
    const Tensor entries = sparse_gradient(as_rows(g, {indices.numel(), how.dim}), indices, how);
    if (unique || !detail::values_to_read(entries).shares_memory_with(g) || detail::borrow_values(entries))
      return detail::hold_by_rows(entries);
  }
  const Tensor values = detail::dense(g);
  const kernels::DistinctRows list =
      with_index(indices, [&](const auto* numbers) { return kernels::distinct_rows(numbers, indices.numel()); });
  Tensor sums = detail::make_tensor({list.size(), how.dim}, g.dtype());
  detail::dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::sum_distinct(list, 0, detail::numbers_now<const T>(values), how.dim, how.scaled, how.padding,
                          detail::numbers_now<T>(sums));
  });
  return detail::make_row_held(list.rows, sums, {how.rows, how.dim});
}

// The rows, recorded. All arguments were checked, and the indices are row-major.
Tensor lookup(const Tensor& indices, const Tensor& weight, const Lookup& how) {
  Shape shape = indices.shape();
  shape.push_back(how.dim);
  Tensor out = detail::make_tensor(shape, weight.dtype());
  const bool packed = weight.is_contiguous() && !weight.is_sparse();
  const Tensor table = packed ? Tensor() : detail::dense(weight);
  with_index(indices, [&](const auto* numbers) {
    kernels::gather_rows((packed ? weight : table).get().data,
                         how.dim * static_cast<std::int64_t>(size_of(weight.dtype())), numbers, indices.numel(),
                         out.get().data);
  });
  return record("EmbeddingBackward0", std::move(out), {weight}, saved(indices, how),
                [](Grads& dx, const Tensor& g, const Tensor& at, const Lookup& l) {
                  const bool differentiated = dx.recording() && g.requires_grad();
                  if (l.sparse && dx.is_leaf(0) && !differentiated)
                    return dx.add(0, sparse_gradient(as_rows(g, {at.numel(), l.dim}), at, l));
                  if (dx.is_leaf(0) && !dx.recording() && touches_few_rows(at, l))
                    return dx.add(0, row_held_gradient(g, at, l));
                  dx.add(0, dense_gradient(g, at, l));
                });
}

}  // namespace

namespace detail {

Tensor embedding(std::string_view who, const Tensor& indices, const Tensor& weight, const EmbeddingOptions& options) {
  check_table("embedding", weight);
  const Lookup how{weight.shape()[0], weight.shape()[1],
                   checked_padding("embedding", options.padding_idx, weight.shape()[0]), options.scale_grad_by_freq,
                   options.sparse};
  if (options.max_norm) check_max_norm("embedding", weight);
  const Tensor numbers = checked_indices("embedding", who, indices, how.rows);
  if (options.max_norm) renorm("embedding", weight, numbers, *options.max_norm, options.norm_type);
  return lookup(numbers, weight, how);
}

}  // namespace detail

Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingOptions& options) {
  return detail::embedding("", indices, weight, options);
}

}  // namespace taper
