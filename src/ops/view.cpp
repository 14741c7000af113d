#include "ops/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "autograd/node.h"
#include "taper/base/error.h"

namespace taper::detail {

Tensor make_view(const Tensor& x, const Shape& shape, const Shape& strides, std::int64_t offset) {
  if (x.is_sparse()) throw TypeError("view: a sparse tensor has no views; use to_dense() first");
  Tensor view = alias(x, shape, strides, offset);
  TensorImpl& impl = view.get();
  if (impl.inference) return view;
  TensorImpl* base = x.get().base != nullptr ? x.get().base : x.impl();
  retain(base);
  impl.base = base;
  impl.view_version = raw_version(impl);
  // Made while nothing is recorded, a view stays outside the tape, as its numbers may be changed there.
  impl.view_kind = x.get().view_kind;
  if (!thread_state.grad_enabled && impl.view_kind == ViewKind::plain)
    impl.view_kind = thread_state.inference ? ViewKind::inference : ViewKind::no_grad;
  return view;
}

std::optional<Shape> view_strides(const Tensor& x, const Shape& shape) {
  if (x.is_contiguous()) return contiguous_strides(shape);
  if (x.numel() == 0) return contiguous_strides(shape);
  Shape strides = Shape::filled(shape.size(), 0);
  // Walk both shapes from the back: each run of old dimensions that lies without a gap is cut anew into new ones.
  int at = shape.size() - 1;
  std::int64_t old_run = 1;
  std::int64_t new_run = 1;
  std::int64_t step = x.strides()[x.dim() - 1];
  for (int d = x.dim() - 1; d >= 0; --d) {
    old_run *= x.shape()[d];
    const bool ends = d == 0 || (x.shape()[d - 1] != 1 && x.strides()[d - 1] != old_run * step);
    if (!ends) continue;
    while (at >= 0 && (new_run < old_run || shape[at] == 1)) {
      strides[at] = new_run * step;
      new_run *= shape[at];
      --at;
    }
    if (new_run != old_run) return std::nullopt;
    if (d > 0) {
      step = x.strides()[d - 1];
      old_run = new_run = 1;
    }
  }
  return at == -1 ? std::optional<Shape>(strides) : std::nullopt;
}

Shape infer_shape(const char* op, const Shape& shape, std::int64_t count, const Shape& from) {
  Shape result = shape;
  Shape named;
  int unknown = -1;
  for (int d = 0; d < shape.size(); ++d) {
    if (shape[d] == -1 && unknown < 0) {
      unknown = d;
    } else if (shape[d] < 0) {
      throw ShapeError(fmt::format("{}: size {} in {}; one size at most may be -1", op, shape[d], to_string(shape)));
    } else {
      named.push_back(shape[d]);
    }
  }
  std::int64_t known = numel(named);
  if (unknown >= 0 && known == 0)
    throw ShapeError(fmt::format("{}: shape {} leaves -1 undetermined for {} elements", op, to_string(shape), count));
  if (unknown >= 0 && known > 0 && count % known == 0) {
    result[unknown] = count / known;
    known = count;
  }
  if (known != count || (unknown >= 0 && result[unknown] < 0))
    throw ShapeError(fmt::format("{}: shape {} does not hold the {} elements of shape {}", op, to_string(shape), count,
                                 to_string(from)));
  return result;
}

}  // namespace taper::detail
