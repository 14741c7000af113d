#include "ops/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "autograd/row_gradient.h"
#include "kernels/index.h"
#include "kernels/rows.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "ops/view.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

using detail::with_index;

// What backward needs to know of a lookup besides its indices.
struct Lookup {
  std::int64_t rows = 0;
  std::int64_t dim = 0;
  std::int64_t padding = -1;  // -1 for none
  bool scaled = false;
  bool sparse = false;
};

std::vector<std::int64_t> frequencies(const Tensor& indices, std::int64_t rows) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(rows));
  with_index(indices, [&](const auto* numbers) { kernels::count_indices(numbers, indices.numel(), counts.data()); });
  return counts;
}

// 1 / (how often index i occurs), of shape indices.shape + [1].
Tensor inverse_frequencies(const Tensor& indices, std::int64_t rows, DType dtype) {
  const std::vector<std::int64_t> counts = frequencies(indices, rows);
  Shape shape = indices.shape();
  shape.push_back(1);
  Tensor result = detail::make_tensor(shape, dtype);
  detail::dispatch_floating(dtype, [&](auto zero) {
    using T = decltype(zero);
    with_index(indices, [&](const auto* numbers) {
      for (std::int64_t i = 0; i < indices.numel(); ++i)
        result.data<T>()[i] = static_cast<T>(1.0 / static_cast<double>(counts[static_cast<std::size_t>(numbers[i])]));
    });
  });
  return result;
}

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
      kernels::add_rows(out.data<T>(), how.dim, numbers, indices.numel(), values.data<T>(), 1, how.padding,
                        how.scaled ? counts.data() : nullptr);
    });
  });
  return record(
      "EmbeddingDenseBackwardBackward0", std::move(out), {g}, saved(indices, how),
      [](Grads& dx, const Tensor& gg, const Tensor& at, const Lookup& l) { dx.add(0, rows_of_gradient(gg, at, l)); });
}

// Where the gradient of a leaf touches few of its rows, a list of them is cheaper than the table.
bool touches_few_rows(const Tensor& indices, const Lookup& how) { return indices.numel() * 4 <= how.rows; }

// dense_gradient, row-held: each row's sum has the same additions in the same order.
Tensor row_held_gradient(const Tensor& g, const Tensor& indices, const Lookup& how) {
  const std::int64_t count = indices.numel();
  const std::vector<std::int64_t> touched =
      with_index(indices, [&](const auto* numbers) { return kernels::distinct_indices(numbers, count, how.rows); });
  const auto place = [&](std::int64_t row) {
    return std::lower_bound(touched.begin(), touched.end(), row) - touched.begin();
  };
  std::vector<std::int64_t> places(static_cast<std::size_t>(count));
  with_index(indices, [&](const auto* numbers) {
    std::transform(numbers, numbers + count, places.begin(), place);
    return 0;
  });
  const bool padded = how.padding >= 0 && std::binary_search(touched.begin(), touched.end(), how.padding);
  std::vector<std::int64_t> counts(how.scaled ? touched.size() : 0);
  if (how.scaled) kernels::count_indices(places.data(), count, counts.data());

  const auto distinct = static_cast<std::int64_t>(touched.size());
  Tensor rows = detail::make_tensor({1, distinct}, DType::int64);
  std::copy(touched.begin(), touched.end(), rows.data<std::int64_t>());
  Tensor sums = zeros({distinct, how.dim}, {.dtype = g.dtype()});
  const Tensor values = detail::dense(g);
  detail::dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::add_rows(sums.data<T>(), how.dim, places.data(), count, values.data<T>(), 1,
                      padded ? place(how.padding) : -1, how.scaled ? counts.data() : nullptr);
  });
  return detail::make_row_held(rows, sums, {how.rows, how.dim});
}

// g as [count, dim] on its own memory where its strides allow.
Tensor as_rows(const Tensor& g, const Shape& shape) {
  if (const std::optional<Shape> strides = detail::view_strides(g, shape)) return detail::alias(g, shape, *strides);
  return detail::alias(detail::dense(g), shape, contiguous_strides(shape));
}

// The positions in `indices` that are not padding.
Tensor kept_positions(const Tensor& indices, std::int64_t padding) { return detail::flat_nonzero(indices != padding); }

Tensor taken(const Tensor& x, const Tensor& positions) {
  const Tensor source = detail::dense(x);
  Shape shape = x.shape();
  shape[0] = positions.numel();
  Tensor out = detail::make_tensor(shape, x.dtype());
  const std::int64_t bytes = (x.dim() == 2 ? x.shape()[1] : 1) * static_cast<std::int64_t>(size_of(x.dtype()));
  kernels::gather_rows(source.get().data, bytes, positions.data<std::int64_t>(), positions.numel(), out.get().data);
  return out;
}

Tensor sparse_gradient(const Tensor& g, const Tensor& indices, const Lookup& how) {
  const NoGradGuard unrecorded;
  Tensor values = as_rows(g, {indices.numel(), how.dim});
  if (how.scaled) values = values * inverse_frequencies(indices, how.rows, g.dtype()).view({indices.numel(), 1});
  // A copy: the user may change the indices before the next backward.
  Tensor rows = detail::make_tensor({indices.numel()}, DType::int64);
  detail::copy_raw(rows, indices.view({indices.numel()}));
  if (how.padding >= 0) {
    const Tensor kept = kept_positions(rows, how.padding);
    if (kept.numel() != rows.numel()) {
      values = taken(values, kept);
      rows = taken(rows, kept);
    }
  }
  const std::int64_t count = rows.numel();
  return detail::make_sparse(detail::alias(rows, {1, count}, {count, 1}), values, {how.rows, how.dim}, count < 2);
}

// The rows, recorded. All arguments were checked, and the indices are row-major.
Tensor lookup(const Tensor& indices, const Tensor& weight, const Lookup& how) {
  Shape shape = indices.shape();
  shape.push_back(how.dim);
  Tensor out = detail::make_tensor(shape, weight.dtype());
  const Tensor table = detail::dense(weight);
  with_index(indices, [&](const auto* numbers) {
    kernels::gather_rows(table.get().data, how.dim * static_cast<std::int64_t>(size_of(weight.dtype())), numbers,
                         indices.numel(), out.get().data);
  });
  return record("EmbeddingBackward0", std::move(out), {weight}, saved(indices, how),
                [](Grads& dx, const Tensor& g, const Tensor& at, const Lookup& l) {
                  const bool differentiated = dx.recording() && g.requires_grad();
                  if (l.sparse && dx.is_leaf(0) && !differentiated) return dx.add(0, sparse_gradient(g, at, l));
                  if (dx.is_leaf(0) && !dx.recording() && touches_few_rows(at, l))
                    return dx.add(0, row_held_gradient(g, at, l));
                  dx.add(0, dense_gradient(g, at, l));
                });
}

void check_max_norm(const Tensor& weight) {
  if (!is_floating_point(weight.dtype()))
    throw TypeError(fmt::format("embedding: max_norm needs a floating-point table, not {}", name(weight.dtype())));
}

void renorm(const Tensor& weight, const Tensor& indices, double max_norm, double p) {
  const NoGradGuard unrecorded;
  detail::check_in_place("embedding", weight);
  const Tensor table = detail::dense(weight);
  with_index(indices, [&](const auto* numbers) {
    const std::vector<std::int64_t> rows = kernels::distinct_indices(numbers, indices.numel(), weight.shape()[0]);
    detail::dispatch_floating(weight.dtype(), [&](auto zero) {
      kernels::renorm_rows(table.data<decltype(zero)>(), weight.shape()[1], rows.data(),
                           static_cast<std::int64_t>(rows.size()), max_norm, p);
    });
  });
  if (!weight.is_contiguous()) detail::copy_raw(weight, table);
  detail::bump_version(weight);
}

std::int64_t checked_padding(std::optional<std::int64_t> padding, std::int64_t rows) {
  if (!padding) return -1;
  if (*padding < -rows || *padding >= rows)
    throw ValueError(fmt::format("embedding: padding_idx {} is outside [{}, {})", *padding, -rows, rows));
  return *padding < 0 ? *padding + rows : *padding;
}

}  // namespace

namespace detail {

Tensor embedding(std::string_view who, const Tensor& indices, const Tensor& weight, const EmbeddingOptions& options) {
  if (weight.dim() != 2)
    throw ShapeError(
        fmt::format("embedding: weight has shape {}; a table has two dimensions", to_string(weight.shape())));
  const Lookup how{weight.shape()[0], weight.shape()[1], checked_padding(options.padding_idx, weight.shape()[0]),
                   options.scale_grad_by_freq, options.sparse};
  if (options.max_norm) check_max_norm(weight);
  check_index_type("embedding", indices);
  const Tensor numbers = dense(indices);
  const std::int64_t bad =
      with_index(numbers, [&](const auto* at) { return kernels::find_bad_index(at, numbers.numel(), how.rows); });
  if (bad >= 0)
    throw IndexError(
        fmt::format("{}: index {} at position {} {}outside [0, {})", who.empty() ? "embedding" : who,
                    with_index(numbers, [&](const auto* at) { return static_cast<std::int64_t>(at[bad]); }),
                    position(bad, indices.shape()), who.empty() ? "is " : "", how.rows));
  if (options.max_norm) renorm(weight, numbers, *options.max_norm, options.norm_type);
  return lookup(numbers, weight, how);
}

}  // namespace detail

Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingOptions& options) {
  return detail::embedding("", indices, weight, options);
}

}  // namespace taper
