#include "taper/ops/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/elementwise.h"
#include "ops/view.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"

namespace taper {

Tensor view(const Tensor& x, const Shape& shape) {
  const Shape target = detail::infer_shape("view", shape, x.numel(), x.shape());
  const std::optional<Shape> strides = detail::view_strides(x, target);
  if (!strides)
    throw ShapeError(
        fmt::format("view: shape {} cannot show a tensor of shape {} and strides {} without a copy; use reshape",
                    to_string(target), to_string(x.shape()), to_string(x.strides())));
  return record("ViewBackward0", detail::make_view(x, target, *strides), {x}, saved(x.shape()),
                [](Grads& dx, const Tensor& g, const Shape& from) { dx.add(0, g.reshape(from)); });
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  const Shape target = detail::infer_shape("reshape", shape, x.numel(), x.shape());
  const std::optional<Shape> strides = detail::view_strides(x, target);
  const auto body = [](Grads& dx, const Tensor& g, const Shape& from) { dx.add(0, g.reshape(from)); };
  if (strides)
    return record("ReshapeAliasBackward0", detail::make_view(x, target, *strides), {x}, saved(x.shape()), body);
  const Tensor dense = x.contiguous();
  return record("UnsafeViewBackward0", detail::alias(dense, target, contiguous_strides(target)), {dense},
                saved(x.shape()), body);
}

Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1) {
  const int a = wrap_dim("transpose", dim0, x.dim());
  const int b = wrap_dim("transpose", dim1, x.dim());
  Shape shape = x.shape();
  Shape strides = x.strides();
  if (x.dim() > 0) {
    std::swap(shape[a], shape[b]);
    std::swap(strides[a], strides[b]);
  }
  return record("TransposeBackward0", detail::make_view(x, shape, strides), {x},
                saved(std::int64_t{a}, std::int64_t{b}),
                [](Grads& dx, const Tensor& g, std::int64_t i, std::int64_t j) { dx.add(0, g.transpose(i, j)); });
}

Tensor permute(const Tensor& x, const Shape& dims) {
  Shape shape;
  Shape strides;
  Shape inverse = Shape::filled(x.dim(), -1);
  if (dims.size() != x.dim())
    throw ValueError(
        fmt::format("permute: {} names {} dimensions; the tensor has {}", to_string(dims), dims.size(), x.dim()));
  for (int i = 0; i < dims.size(); ++i) {
    const int d = wrap_dim("permute", dims[i], x.dim());
    if (inverse[d] != -1) throw ValueError(fmt::format("permute: dimension {} stands twice in {}", d, to_string(dims)));
    inverse[d] = i;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  return record("PermuteBackward0", detail::make_view(x, shape, strides), {x}, saved(inverse),
                [](Grads& dx, const Tensor& g, const Shape& back) { dx.add(0, g.permute(back)); });
}

Tensor t(const Tensor& x) {
  if (x.dim() > 2)
    throw ShapeError(fmt::format("t: shape {} has {} dimensions; at most 2", to_string(x.shape()), x.dim()));
  Shape shape = x.shape();
  Shape strides = x.strides();
  std::reverse(shape.begin(), shape.end());
  std::reverse(strides.begin(), strides.end());
  return record("TBackward0", detail::make_view(x, shape, strides), {x}, saved(),
                [](Grads& dx, const Tensor& g) { dx.add(0, g.t()); });
}

Tensor squeeze(const Tensor& x) {
  Shape shape;
  Shape strides;
  for (int d = 0; d < x.dim(); ++d) {
    if (x.shape()[d] == 1) continue;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  return record("SqueezeBackward0", detail::make_view(x, shape, strides), {x}, saved(x.shape()),
                [](Grads& dx, const Tensor& g, const Shape& from) { dx.add(0, g.reshape(from)); });
}

Tensor squeeze(const Tensor& x, std::int64_t dim) {
  const int d = wrap_dim("squeeze", dim, x.dim());
  Shape shape = x.shape();
  Shape strides = x.strides();
  if (x.dim() > 0 && shape[d] == 1) {
    shape.erase(d);
    strides.erase(d);
  }
  return record("SqueezeBackward1", detail::make_view(x, shape, strides), {x}, saved(x.shape()),
                [](Grads& dx, const Tensor& g, const Shape& from) { dx.add(0, g.reshape(from)); });
}

Tensor unsqueeze(const Tensor& x, std::int64_t dim) {
  const int d = wrap_dim("unsqueeze", dim, x.dim() + 1);
  Shape shape = x.shape();
  Shape strides = x.strides();
  const std::int64_t step = d < x.dim() ? shape[d] * strides[d] : 1;
  shape.insert(d, 1);
  strides.insert(d, step);
  return record("UnsqueezeBackward0", detail::make_view(x, shape, strides), {x}, saved(std::int64_t{d}),
                [](Grads& dx, const Tensor& g, std::int64_t at) { dx.add(0, g.squeeze(at)); });
}

Tensor expand(const Tensor& x, const Shape& shape) {
  const int extra = shape.size() - x.dim();
  Shape target = shape;
  Shape strides = Shape::filled(shape.size(), 0);
  for (int d = 0; d < shape.size() && extra >= 0; ++d) {
    const std::int64_t from = d >= extra ? x.shape()[d - extra] : 1;
    if (shape[d] == -1 && d >= extra) target[d] = from;
    if (target[d] < 0 || (from != 1 && from != target[d]))
      throw ShapeError(fmt::format("expand: shape {} does not stretch to {}: {} vs {} at dimension {}",
                                   to_string(x.shape()), to_string(shape), from, shape[d], d));
    if (d >= extra && from == target[d]) strides[d] = x.strides()[d - extra];
  }
  if (extra < 0)
    throw ShapeError(
        fmt::format("expand: shape {} has more dimensions than {}", to_string(x.shape()), to_string(shape)));
  return record("ExpandBackward0", detail::make_view(x, target, strides), {x}, saved(x.shape()),
                [](Grads& dx, const Tensor& g, const Shape& from) {
                  Shape dims;
                  const int added = g.dim() - from.size();
                  for (int d = 0; d < g.dim(); ++d)
                    if (d < added || (from[d - added] == 1 && g.shape()[d] != 1)) dims.push_back(d);
                  dx.add(0, dims.empty() ? g : g.sum(dims, true).reshape(from));
                });
}

Tensor flatten(const Tensor& x, std::int64_t start_dim, std::int64_t end_dim) {
  const int first = wrap_dim("flatten", start_dim, x.dim());
  const int last = wrap_dim("flatten", end_dim, x.dim());
  if (first > last) throw ValueError(fmt::format("flatten: start_dim {} comes after end_dim {}", start_dim, end_dim));
  if (x.dim() == 0) return x.reshape({1});
  if (first == last) return x;
  Shape shape;
  std::int64_t joined = 1;
  for (int d = 0; d < x.dim(); ++d) {
    if (d >= first && d <= last) joined *= x.shape()[d];
    if (d < first || d > last) shape.push_back(x.shape()[d]);
    if (d == last) shape.push_back(joined);
  }
  return x.reshape(shape);
}

Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index) {
  if (x.dim() == 0) throw IndexError("select: a 0-d tensor has no entries; use item()");
  const int d = wrap_dim("select", dim, x.dim());
  const std::int64_t size = x.shape()[d];
  if (index < -size || index >= size)
    throw IndexError(fmt::format("select: index {} is outside [{}, {}) of dimension {}", index, -size, size, d));
  return detail::select_view("SelectBackward0", x, d, index < 0 ? index + size : index);
}

Tensor slice(const Tensor& x, std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
             std::int64_t step) {
  if (x.dim() == 0) throw IndexError("slice: a 0-d tensor has no entries");
  if (step < 1) throw ValueError(fmt::format("slice: step {}; at least 1", step));
  const int d = wrap_dim("slice", dim, x.dim());
  const std::int64_t size = x.shape()[d];
  const auto bound = [size](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
  const std::int64_t from = bound(start.value_or(0));
  const std::int64_t to = std::max(from, bound(end.value_or(size)));
  return detail::slice_view("SliceBackward0", x, d, from, to, step);
}

Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  if (x.dim() == 0) throw IndexError("narrow: a 0-d tensor has no entries");
  const int d = wrap_dim("narrow", dim, x.dim());
  const std::int64_t size = x.shape()[d];
  const std::int64_t from = start < 0 ? start + size : start;
  if (length < 0 || from < 0 || from > size - length)
    throw IndexError(
        fmt::format("narrow: {} entries from {} on do not lie in dimension {} of size {}", length, start, d, size));
  return x.slice(d, from, from + length);
}

namespace detail {

Tensor select_view(const char* node, const Tensor& x, int dim, std::int64_t index) {
  Shape shape = x.shape();
  Shape strides = x.strides();
  const std::int64_t offset = index * strides[dim];
  shape.erase(dim);
  strides.erase(dim);
  return record(node, make_view(x, shape, strides, offset), {x}, saved(x.shape(), std::int64_t{dim}, index),
                [](Grads& dx, const Tensor& g, const Shape& from, std::int64_t axis, std::int64_t i) {
                  dx.add(0, put_slice(g.unsqueeze(axis), from, axis, i, i + 1, 1));
                });
}

Tensor slice_view(const char* node, const Tensor& x, int dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  Shape shape = x.shape();
  Shape strides = x.strides();
  shape[dim] = (end - start + step - 1) / step;
  const std::int64_t offset = start * strides[dim];
  strides[dim] *= step;
  return record(node, make_view(x, shape, strides, offset), {x}, saved(x.shape(), std::int64_t{dim}, start, end, step),
                [](Grads& dx, const Tensor& g, const Shape& whole, std::int64_t axis, std::int64_t a, std::int64_t b,
                   std::int64_t by) { dx.add(0, put_slice(g, whole, axis, a, b, by)); });
}

Tensor put_slice(const Tensor& part, const Shape& whole, std::int64_t dim, std::int64_t start, std::int64_t end,
                 std::int64_t step) {
  Tensor out = zeros(whole, {.dtype = part.dtype()});
  Shape strides = out.strides();
  const int d = static_cast<int>(dim);
  const std::int64_t offset = start * strides[d];
  strides[d] *= step;
  copy_raw(alias(out, part.shape(), strides, offset), part);
  return record("SliceScatterBackward0", std::move(out), {part}, saved(dim, start, end, step),
                [](Grads& dx, const Tensor& g, std::int64_t axis, std::int64_t a, std::int64_t b, std::int64_t by) {
                  dx.add(0, g.slice(axis, a, b, by));
                });
}

}  // namespace detail

Tensor Tensor::view(const Shape& shape) const { return taper::view(*this, shape); }
Tensor Tensor::reshape(const Shape& shape) const { return taper::reshape(*this, shape); }
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const { return taper::transpose(*this, dim0, dim1); }
Tensor Tensor::permute(const Shape& dims) const { return taper::permute(*this, dims); }
Tensor Tensor::t() const { return taper::t(*this); }
Tensor Tensor::squeeze() const { return taper::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return taper::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return taper::unsqueeze(*this, dim); }
Tensor Tensor::expand(const Shape& shape) const { return taper::expand(*this, shape); }
Tensor Tensor::expand_as(const Tensor& other) const { return taper::expand(*this, other.shape()); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return taper::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  return taper::narrow(*this, dim, start, length);
}
Tensor Tensor::select(std::int64_t dim, std::int64_t index) const { return taper::select(*this, dim, index); }
Tensor Tensor::slice(std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
                     std::int64_t step) const {
  return taper::slice(*this, dim, start, end, step);
}

}  // namespace taper
