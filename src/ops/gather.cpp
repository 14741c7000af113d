// Entries of one dimension by an index tensor: index_select, index_add, gather, scatter, scatter_add.
#include <fmt/format.h>

#include "kernels/index.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "ops/view.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"

namespace taper {
namespace {

// A shape with at least one dimension: a 0-d tensor is taken as a list of one.
Shape at_least_1d(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

Tensor checked_list(const char* op, const Tensor& index, std::int64_t size) {
  if (index.dim() > 1)
    throw ShapeError(fmt::format("{}: index has shape {}; at most one dimension", op, to_string(index.shape())));
  return detail::checked_index(op, index, size);
}

void check_source_type(const char* op, const Tensor& x, const Tensor& source) {
  if (source.dtype() != x.dtype())
    throw TypeError(fmt::format("{}: a source of {} for a tensor of {}; they must be the same", op,
                                name(source.dtype()), name(x.dtype())));
}

// Calls `f` with a value of the dtype's C++ type, bool excepted.
template <class F>
void dispatch_numbers(const char* op, DType dtype, F f) {
  detail::dispatch(dtype, [&](auto zero) {
    if constexpr (std::is_same_v<decltype(zero), bool>)
      throw TypeError(fmt::format("{}: not defined for bool", op));
    else
      f(zero);
  });
}

// The tensors of a gather or scatter, laid out for the kernels: where the index is smaller than x, only x's first
// entries count.
struct Lines {
  int dim = 0;
  Tensor index;   // int64, row-major
  Shape covered;  // the part of x that takes part: index's shape, but whole along dim
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t count = 1;
  std::int64_t inner = 1;

  Lines(const char* op, const Tensor& x, std::int64_t d, const Tensor& by) {
    const Shape whole = at_least_1d(x.shape());
    covered = at_least_1d(by.shape());
    dim = wrap_dim(op, d, whole.size());
    bool fits = covered.size() == whole.size();
    for (int k = 0; fits && k < whole.size(); ++k) fits = k == dim || covered[k] <= whole[k];
    if (!fits)
      throw ShapeError(
          fmt::format("{}: an index of shape {} for a tensor of shape {}; as many dimensions, none larger but {}", op,
                      to_string(by.shape()), to_string(x.shape()), dim));
    n = whole[dim];
    index = detail::cast_raw(detail::checked_index(op, by, n), DType::int64);
    count = covered[dim];
    covered[dim] = n;
    for (int k = 0; k < dim; ++k) outer *= covered[k];
    for (int k = dim + 1; k < covered.size(); ++k) inner *= covered[k];
  }

  // The first entries of a tensor, as far as `shape` goes.
  static Tensor corner(const Tensor& x, const Shape& shape) {
    return x.dim() == 0 ? detail::alias(x, shape, Shape::filled(shape.size(), 1))
                        : detail::alias(x, shape, x.strides());
  }
};

void check_source(const char* op, const Tensor& source, const Tensor& index) {
  const Shape from = at_least_1d(source.shape());
  const Shape by = at_least_1d(index.shape());
  bool fits = from.size() == by.size();
  for (int k = 0; fits && k < by.size(); ++k) fits = by[k] <= from[k];
  if (!fits)
    throw ShapeError(fmt::format("{}: a source of shape {} for an index of shape {}; as many dimensions, none smaller",
                                 op, to_string(source.shape()), to_string(index.shape())));
}

// A copy of x on which `f(numbers, source numbers)` has worked.
template <class F>
Tensor with_lines(const Tensor& x, const Lines& lines, const Tensor& source, F f) {
  Tensor out = detail::make_tensor(x.shape(), x.dtype());
  detail::copy_raw(out, x);
  if (lines.index.numel() == 0) return out;
  const Tensor part = Lines::corner(out, lines.covered);
  const Tensor work = detail::dense(part);
  f(work, detail::dense(Lines::corner(source, at_least_1d(lines.index.shape()))));
  if (!part.is_contiguous()) detail::copy_raw(part, work);
  return out;
}

Tensor scatter_values(const Tensor& x, const Lines& l, const Tensor& source) {
  return with_lines(x, l, source, [&](const Tensor& out, const Tensor& from) {
    detail::dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      kernels::scatter(out.data<T>(), l.outer, l.n, l.inner, l.index.data<std::int64_t>(), l.count, from.data<T>());
    });
  });
}

// g with zeros behind it in every dimension, as a source larger than its index has.
Tensor grown(Tensor g, const Shape& shape) {
  if (g.dim() != shape.size()) g = g.reshape(at_least_1d(g.shape())).reshape(shape.empty() ? Shape{} : Shape{-1});
  for (int d = 0; d < shape.size(); ++d) {
    if (g.shape()[d] == shape[d]) continue;
    Shape whole = g.shape();
    whole[d] = shape[d];
    g = detail::put_slice(g, whole, d, 0, g.shape()[d], 1);
  }
  return g;
}

}  // namespace

Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index) {
  const int d = wrap_dim("index_select", dim, x.dim());
  const Tensor list = checked_list("index_select", index, x.dim() == 0 ? 1 : x.shape()[d]);
  if (x.dim() == 0 && list.numel() != 1)
    throw ShapeError(fmt::format("index_select: {} indices into a 0-d tensor; just one", list.numel()));
  if (x.dim() == 0) return detail::take_rows("IndexSelectBackward0", x, list, detail::Rows({}, 0, 0, {}));
  return detail::take_rows("IndexSelectBackward0", x, list, detail::Rows(x.shape(), d, d + 1, {list.numel()}));
}

Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha) {
  const int d = wrap_dim("index_add", dim, x.dim());
  check_source_type("index_add", x, source);
  if (!is_floating_point(x.dtype()) && alpha.dtype() == DType::float64)
    throw TypeError(fmt::format("index_add: alpha {} for a tensor of {}; an integer is needed", alpha.to_double(),
                                name(x.dtype())));
  const Tensor list = checked_list("index_add", index, x.dim() == 0 ? 1 : x.shape()[d]);
  const Shape whole = at_least_1d(x.shape());
  Shape expected = whole;
  expected[d] = list.numel();
  if (at_least_1d(source.shape()) != expected)
    throw ShapeError(fmt::format("index_add: a source of shape {} where {} is needed", to_string(source.shape()),
                                 to_string(expected)));
  const detail::Rows rows(whole, d, d + 1, {list.numel()});
  Tensor out = detail::make_tensor(x.shape(), x.dtype());
  detail::copy_raw(out, x);
  const Tensor from = detail::dense(source);
  dispatch_numbers("index_add", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T scale =
        alpha.dtype() == DType::float64 ? static_cast<T>(alpha.to_double()) : static_cast<T>(alpha.to_int());
    detail::with_index(list, [&](const auto* at) {
      kernels::index_add(out.data<T>(), rows.outer, rows.n, rows.inner, at, list.numel(), from.data<T>(), scale);
    });
  });
  return record(
      "IndexAddBackward0", std::move(out), {x, source}, saved(list, std::int64_t{d}, alpha, source.shape()),
      [](Grads& dx, const Tensor& g, const Tensor& at, std::int64_t axis, const Scalar& scale, const Shape& shape) {
        if (dx.wants(0)) dx.add(0, g);
        if (dx.wants(1)) dx.add(1, (g.index_select(axis, at) * scale).reshape(shape));
      });
}

Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index) {
  const Lines l("gather", x, dim, index);
  Tensor out = detail::make_tensor(index.shape(), x.dtype());
  if (out.numel() > 0) {
    const Tensor in = detail::dense(Lines::corner(x, l.covered));
    detail::dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      kernels::gather(in.data<T>(), l.outer, l.n, l.inner, l.index.data<std::int64_t>(), l.count, out.data<T>());
    });
  }
  return record("GatherBackward0", std::move(out), {x}, saved(l.index, std::int64_t{l.dim}, x.shape()),
                [](Grads& dx, const Tensor& g, const Tensor& at, std::int64_t axis, const Shape& whole) {
                  dx.add(0, scatter_add(zeros(whole, {.dtype = g.dtype()}), axis, at, g));
                });
}

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  check_source_type("scatter", x, source);
  const Lines l("scatter", x, dim, index);
  check_source("scatter", source, index);
  return record("ScatterBackward0", scatter_values(x, l, source), {x, source},
                saved(l.index, std::int64_t{l.dim}, source.shape()),
                [](Grads& dx, const Tensor& g, const Tensor& at, std::int64_t axis, const Shape& from) {
                  if (dx.wants(0)) dx.add(0, g.scatter(axis, at, 0));
                  if (dx.wants(1)) dx.add(1, grown(g.gather(axis, at), from));
                });
}

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) {
  if (!is_floating_point(x.dtype()) && value.dtype() == DType::float64)
    throw TypeError(
        fmt::format("scatter: the value {} does not fit into a tensor of {}", value.to_double(), name(x.dtype())));
  const Lines l("scatter", x, dim, index);
  return record(
      "ScatterBackward1", scatter_values(x, l, full(index.shape(), value, x.dtype())), {x},
      saved(l.index, std::int64_t{l.dim}),
      [](Grads& dx, const Tensor& g, const Tensor& at, std::int64_t axis) { dx.add(0, g.scatter(axis, at, 0)); });
}

Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  check_source_type("scatter_add", x, source);
  const Lines l("scatter_add", x, dim, index);
  check_source("scatter_add", source, index);
  Tensor sum = with_lines(x, l, source, [&](const Tensor& out, const Tensor& from) {
    dispatch_numbers("scatter_add", x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      kernels::scatter_add(out.data<T>(), l.outer, l.n, l.inner, l.index.data<std::int64_t>(), l.count, from.data<T>());
    });
  });
  return record("ScatterAddBackward0", std::move(sum), {x, source}, saved(l.index, std::int64_t{l.dim}, source.shape()),
                [](Grads& dx, const Tensor& g, const Tensor& at, std::int64_t axis, const Shape& from) {
                  if (dx.wants(0)) dx.add(0, g);
                  if (dx.wants(1)) dx.add(1, grown(g.gather(axis, at), from));
                });
}

Tensor Tensor::index_select(std::int64_t dim, const Tensor& index) const {
  return taper::index_select(*this, dim, index);
}
Tensor Tensor::gather(std::int64_t dim, const Tensor& index) const { return taper::gather(*this, dim, index); }
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return taper::scatter(*this, dim, index, source);
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, Scalar value) const {
  return taper::scatter(*this, dim, index, value);
}
Tensor Tensor::scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return taper::scatter_add(*this, dim, index, source);
}
Tensor Tensor::index_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return taper::index_add(*this, dim, index, source);
}

}  // namespace taper
