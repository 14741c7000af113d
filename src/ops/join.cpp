// Tensors put together and taken apart: cat, stack, split, chunk, flip, repeat.
#include <fmt/format.h>

#include <algorithm>

#include "ops/elementwise.h"
#include "ops/view.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

using Likes = std::vector<Like>;

DType common_type(const char* op, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) throw ValueError(fmt::format("{}: no tensors; at least one is needed", op));
  // Tensors with dimensions come before 0-d ones, as in arithmetic.
  bool found = false;
  DType dtype = DType::bool_;
  for (const bool scalars : {false, true}) {
    for (const Tensor& x : tensors) {
      detail::require_dense(op, x);
      if ((x.dim() == 0) != scalars) continue;
      dtype = found ? promote_types(dtype, x.dtype()) : x.dtype();
      found = true;
    }
    if (found) break;
  }
  return dtype;
}

// The empty tensors of one dimension that PyTorch's cat has always passed over.
bool is_nothing(const Shape& shape) { return shape.size() == 1 && shape[0] == 0; }

// Writes `parts`, each of which may differ in size along `dim` alone, one behind the other.
void fill_along(const Tensor& out, const std::vector<Tensor>& parts, int dim) {
  std::int64_t at = 0;
  for (const Tensor& part : parts) {
    if (part.dim() != out.dim()) continue;
    detail::copy_raw(detail::alias(out, part.shape(), out.strides(), at * out.strides()[dim]), part);
    at += part.shape()[dim];
  }
}

Shape joined_shape(const std::vector<Tensor>& tensors, std::int64_t dim) {
  const Tensor* first = nullptr;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Shape& shape = tensors[i].shape();
    if (shape.empty()) throw ShapeError(fmt::format("cat: tensor {} is 0-d; use stack", i));
    if (first == nullptr && !is_nothing(shape)) first = &tensors[i];
  }
  if (first == nullptr) first = &tensors[0];
  Shape result = first->shape();
  const int d = wrap_dim("cat", dim, result.size());
  result[d] = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Shape& shape = tensors[i].shape();
    if (is_nothing(shape) && result.size() != 1) continue;
    bool fits = shape.size() == result.size();
    for (int k = 0; fits && k < shape.size(); ++k) fits = k == d || shape[k] == first->shape()[k];
    if (!fits)
      throw ShapeError(
          fmt::format("cat: tensor {} has shape {} and the first {}; sizes may differ in dimension {} alone", i,
                      to_string(shape), to_string(first->shape()), d));
    result[d] += shape[d];
  }
  return result;
}

}  // namespace

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim) {
  const DType dtype = common_type("cat", tensors);
  const Shape shape = joined_shape(tensors, dim);
  const std::int64_t d = wrap_dim("cat", dim, shape.size());
  Tensor out = detail::make_tensor(shape, dtype);
  fill_along(out, tensors, static_cast<int>(d));
  Likes likes;
  if (detail::thread_state.grad_enabled)
    for (const Tensor& x : tensors) likes.emplace_back(x);
  return record_list("CatBackward0", std::move(out), tensors, saved(likes, d),
                     [](Grads& dx, const Tensor& g, const Likes& parts, std::int64_t axis) {
                       std::int64_t at = 0;
                       for (std::size_t i = 0; i < parts.size(); ++i) {
                         const Like& part = parts[i];
                         if (part.shape.size() != g.dim()) continue;
                         const std::int64_t size = part.shape[static_cast<int>(axis)];
                         const int input = static_cast<int>(i);
                         if (dx.wants(input)) dx.add(input, g.narrow(axis, at, size).to(part.dtype));
                         at += size;
                       }
                     });
}

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim) {
  const DType dtype = common_type("stack", tensors);
  Shape shape = tensors[0].shape();
  const std::int64_t d = wrap_dim("stack", dim, shape.size() + 1);
  for (std::size_t i = 1; i < tensors.size(); ++i)
    if (tensors[i].shape() != shape)
      throw ShapeError(fmt::format("stack: tensor {} has shape {} and the first {}; all must be equal", i,
                                   to_string(tensors[i].shape()), to_string(shape)));
  shape.insert(static_cast<int>(d), static_cast<std::int64_t>(tensors.size()));
  Tensor out = detail::make_tensor(shape, dtype);
  std::vector<Tensor> parts;
  parts.reserve(tensors.size());
  for (const Tensor& x : tensors) parts.push_back(detail::alias(x).unsqueeze(d));
  fill_along(out, parts, static_cast<int>(d));
  Likes likes;
  if (detail::thread_state.grad_enabled)
    for (const Tensor& x : tensors) likes.emplace_back(x);
  return record_list("StackBackward0", std::move(out), tensors, saved(likes, d),
                     [](Grads& dx, const Tensor& g, const Likes& from, std::int64_t axis) {
                       for (int i = 0; i < static_cast<int>(from.size()); ++i)
                         if (dx.wants(i)) dx.add(i, g.select(axis, i).to(from[static_cast<std::size_t>(i)].dtype));
                     });
}

namespace {

// One of several views that are made at once.
Tensor as_piece(Tensor view) {
  if (detail::TensorImpl& impl = view.get(); impl.view_kind == detail::ViewKind::plain)
    impl.view_kind = detail::ViewKind::piece;
  return view;
}

std::vector<Tensor> pieces(const char* op, const char* node, const Tensor& x, const std::vector<std::int64_t>& sizes,
                           int dim) {
  detail::require_dense(op, x);
  std::vector<Tensor> result;
  result.reserve(sizes.size());
  std::int64_t at = 0;
  for (const std::int64_t size : sizes) {
    result.push_back(as_piece(detail::slice_view(node, x, dim, at, at + size, 1)));
    at += size;
  }
  return result;
}

int checked_dim(const char* op, const Tensor& x, std::int64_t dim) {
  if (x.dim() == 0) throw ShapeError(fmt::format("{}: a 0-d tensor has nothing to take apart", op));
  return wrap_dim(op, dim, x.dim());
}

std::vector<Tensor> equal_pieces(const char* op, const Tensor& x, std::int64_t size, int dim) {
  std::vector<std::int64_t> sizes;
  std::int64_t rest = x.shape()[dim];
  do {  // an empty dimension is one empty piece
    sizes.push_back(std::min(size, rest));
    rest -= sizes.back();
  } while (rest > 0);
  return pieces(op, "SplitBackward0", x, sizes, dim);
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t dim) {
  const int d = checked_dim("split", x, dim);
  if (size < 1) throw ValueError(fmt::format("split: pieces of size {}; at least 1", size));
  return equal_pieces("split", x, size, d);
}

std::vector<Tensor> split(const Tensor& x, const Shape& sizes, std::int64_t dim) {
  const int d = checked_dim("split", x, dim);
  std::int64_t total = 0;
  for (const std::int64_t size : sizes) {
    if (size < 0) throw ValueError(fmt::format("split: size {} in {}; at least 0", size, to_string(sizes)));
    total += size;
  }
  if (total != x.shape()[d])
    throw ShapeError(
        fmt::format("split: sizes {} add up to {}, dimension {} has {}", to_string(sizes), total, d, x.shape()[d]));
  return pieces("split", "SplitWithSizesBackward0", x, {sizes.begin(), sizes.end()}, d);
}

std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim) {
  const int d = checked_dim("chunk", x, dim);
  if (chunks < 1) throw ValueError(fmt::format("chunk: {} chunks; at least 1", chunks));
  const std::int64_t size = x.shape()[d];
  if (size == 0)
    return pieces("chunk", "SplitWithSizesBackward0", x, std::vector<std::int64_t>(static_cast<std::size_t>(chunks), 0),
                  d);
  return equal_pieces("chunk", x, (size + chunks - 1) / chunks, d);
}

std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim) {
  detail::require_dense("unbind", x);
  const int d = checked_dim("unbind", x, dim);
  std::vector<Tensor> result;
  for (std::int64_t i = 0; i < x.shape()[d]; ++i)
    result.push_back(as_piece(detail::select_view("UnbindBackward0", x, d, i)));
  return result;
}

Tensor flip(const Tensor& x, const Shape& dims) {
  detail::require_dense("flip", x);
  Shape strides = x.strides();
  std::int64_t offset = 0;
  Shape flipped = Shape::filled(x.dim(), 0);
  for (const std::int64_t dim : dims) {
    const int d = wrap_dim("flip", dim, x.dim());
    if (x.dim() == 0) continue;
    if (flipped[d] != 0) throw ValueError(fmt::format("flip: dimension {} stands twice in {}", d, to_string(dims)));
    flipped[d] = 1;
    offset += std::max<std::int64_t>(x.shape()[d] - 1, 0) * strides[d];
    strides[d] = -strides[d];
  }
  Tensor out = detail::make_tensor(x.shape(), x.dtype());
  if (out.numel() > 0) detail::copy_raw(out, detail::alias(x, x.shape(), strides, offset));
  return record("FlipBackward0", std::move(out), {x}, saved(dims),
                [](Grads& dx, const Tensor& g, const Shape& axes) { dx.add(0, g.flip(axes)); });
}

namespace {

// Fills `out` with copies of what stands in its first corner of shape `from`, a dimension at a time from the last on.
void spread(const Tensor& out, const Shape& from) {
  Shape filled = from;
  for (int d = from.size() - 1; d >= 0; --d) {
    const std::int64_t total = out.shape()[d];
    while (filled[d] < total) {
      Shape part = filled;
      part[d] = std::min(filled[d], total - filled[d]);
      detail::copy_raw(detail::alias(out, part, out.strides(), filled[d] * out.strides()[d]),
                       detail::alias(out, part, out.strides()));
      filled[d] += part[d];
    }
  }
}

// The sum of g over the repetitions: first along added dimensions, one after the other, then along all others at once.
Tensor fold(Tensor g, const Shape& from, const Shape& repeats) {
  const int added = repeats.size() - from.size();
  for (int d = 0; d < added; ++d) g = g.sum(0);
  if (from.size() > Shape::max_dims / 2) {
    // Too many dimensions to split each in two: one after the other.
    if (g.numel() == 0) return zeros(from, {.dtype = g.dtype()});
    std::int64_t outer = 1;
    for (int d = 0; d < from.size(); outer *= from[d++]) g = g.reshape({outer, repeats[added + d], -1}).sum(1);
    return g.reshape(from);
  }
  Shape split, dims;
  for (int d = 0; d < from.size(); ++d) {
    if (repeats[added + d] != 1) {
      dims.push_back(split.size());
      split.push_back(repeats[added + d]);
    }
    split.push_back(from[d]);
  }
  return dims.empty() ? g : g.reshape(split).sum(dims);
}

}  // namespace

Tensor repeat(const Tensor& x, const Shape& repeats) {
  detail::require_dense("repeat", x);
  const int added = repeats.size() - x.dim();
  if (added < 0)
    throw ShapeError(
        fmt::format("repeat: {} has fewer entries than shape {}", to_string(repeats), to_string(x.shape())));
  Shape padded = repeats;
  Shape shape = repeats;
  for (int d = 0; d < repeats.size(); ++d) {
    if (repeats[d] < 0)
      throw ValueError(fmt::format("repeat: {} times in {}; at least 0", repeats[d], to_string(repeats)));
    padded[d] = d < added ? 1 : x.shape()[d - added];
    shape[d] *= padded[d];
  }
  Tensor out = detail::make_tensor(shape, x.dtype());
  if (out.numel() > 0) {
    detail::copy_raw(detail::alias(out, padded, out.strides()), x);
    spread(out, padded);
  }
  return record(
      "RepeatBackward0", std::move(out), {x}, saved(x.shape(), repeats),
      [](Grads& dx, const Tensor& g, const Shape& from, const Shape& times) { dx.add(0, fold(g, from, times)); });
}

Tensor Tensor::flip(const Shape& dims) const { return taper::flip(*this, dims); }
Tensor Tensor::repeat(const Shape& repeats) const { return taper::repeat(*this, repeats); }
std::vector<Tensor> Tensor::split(std::int64_t size, std::int64_t dim) const { return taper::split(*this, size, dim); }
std::vector<Tensor> Tensor::split(const Shape& sizes, std::int64_t dim) const {
  return taper::split(*this, sizes, dim);
}
std::vector<Tensor> Tensor::unbind(std::int64_t dim) const { return taper::unbind(*this, dim); }
std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim) const {
  return taper::chunk(*this, chunks, dim);
}

}  // namespace taper
