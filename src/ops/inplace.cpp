// Changes in place on the tape: what is refused, and how a view's change reaches its base's history.
#include <fmt/format.h>

#include "ops/elementwise.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/shape.h"
#include "tensor/loan.h"

namespace taper::detail {
namespace {

// Where a view lies in its base's memory.
struct Geometry {
  Shape shape;
  Shape strides;
  std::int64_t offset;  // from the base's first element

  Geometry(const Tensor& view, const TensorImpl& base)
      : shape(view.shape()),
        strides(view.strides()),
        offset((view.get().data - base.data) / static_cast<std::int64_t>(size_of(base.dtype))) {}
};

Tensor zeros_with_strides(const Like& like, const Shape& strides) {
  Tensor result = zeros(like.shape, {.dtype = like.dtype});
  return strides == result.strides() ? result : alias(result, like.shape, strides);
}

Tensor scatter_view(const Tensor& whole, const Tensor& part, const Geometry& at, const Shape& base_strides);

// A gradient of what a view shows, given back to a base of zeros. Where an expanded view shows one place several times,
// the gradients add up.
Tensor give_back(Tensor g, Geometry at, const Like& base, const Shape& base_strides) {
  Shape repeated;
  for (int d = 0; d < at.shape.size(); ++d)
    if (at.strides[d] == 0 && at.shape[d] > 1) {
      repeated.push_back(d);
      at.shape[d] = 1;
    }
  if (!repeated.empty()) g = g.sum(repeated, true);
  return scatter_view(zeros(base.shape, {.dtype = base.dtype}), g, at, base_strides);
}

// The part of `whole` that a view shows, where `whole` has its base's shape.
Tensor gather_view(const Tensor& whole, const Geometry& at, const Shape& base_strides) {
  Tensor source = whole;
  if (source.strides() != base_strides) {
    source = zeros_with_strides(Like(whole), base_strides);
    copy_raw(source, whole);
  }
  Tensor out = clone(alias(source, at.shape, at.strides, at.offset));
  return record("AsStridedBackward0", std::move(out), {whole}, saved(at, Like(whole), base_strides),
                [](Grads& dx, const Tensor& g, const Geometry& where, const Like& base, const Shape& strides) {
                  dx.add(0, give_back(g, where, base, strides));
                });
}

// A copy of `whole` in which the part that a view shows is `part`.
Tensor scatter_view(const Tensor& whole, const Tensor& part, const Geometry& at, const Shape& base_strides) {
  Tensor out = zeros_with_strides(Like(whole), base_strides);
  copy_raw(out, whole);
  copy_raw(alias(out, at.shape, at.strides, at.offset), part);
  return record("CopySlices", std::move(out), {whole, part}, saved(at, Like(part), base_strides),
                [](Grads& dx, const Tensor& g, const Geometry& where, const Like& piece, const Shape& strides) {
                  if (dx.wants(0))
                    dx.add(0, scatter_view(g, zeros(piece.shape, {.dtype = piece.dtype}), where, strides));
                  if (dx.wants(1)) dx.add(1, gather_view(g, where, strides));
                });
}

Tensor base_of(const Tensor& view) {
  TensorImpl* base = view.get().base;
  retain(base);
  return Tensor::adopt(base);
}

bool self_overlapping(const Tensor& x) {
  for (int d = 0; d < x.dim(); ++d)
    if (x.strides()[d] == 0 && x.shape()[d] > 1) return true;
  return false;
}

}  // namespace

void refresh_view(const Tensor& view) {
  TensorImpl& impl = view.get();
  if (impl.view_kind == ViewKind::function)
    throw GradError(
        "backward: the base of a view that a function of one's own handed out has been changed in place, of which its "
        "backward would not know; clone() the function's output");
  const EnableGradGuard recording;
  const Tensor base = base_of(view);
  const Tensor shown =
      record("AsStridedBackward0", alias(view), {base}, saved(Geometry(view, *impl.base), Like(base), base.strides()),
             [](Grads& dx, const Tensor& g, const Geometry& where, const Like& whole, const Shape& strides) {
               dx.add(0, give_back(g, where, whole, strides));
             });
  set_history(view, shown.get().grad_fn, 0);
  impl.view_version = raw_version(impl);
}

void rebase_history(const Tensor& tensor, Node* node, std::uint32_t nr) {
  TensorImpl& impl = tensor.get();
  if (impl.base == nullptr) return set_history(tensor, node, nr);
  const EnableGradGuard recording;
  const Tensor base = base_of(tensor);
  const Tensor value = alias(tensor);
  set_history(value, node, nr);
  const Tensor history = scatter_view(base, value, Geometry(tensor, *impl.base), base.strides());
  set_history(base, history.get().grad_fn, 0);
  refresh_view(tensor);
}

namespace {

[[noreturn]] void refuse_view(const char* op, ViewKind kind) {
  switch (kind) {
    case ViewKind::piece:
      throw GradError(
          fmt::format("{}: one of several views that split, chunk or unbind made cannot be changed in place where "
                      "gradients are wanted; use an operation out of place, or a view by narrow or select",
                      op));
    case ViewKind::function:
      throw GradError(
          fmt::format("{}: a view that a function of one's own handed out cannot be changed in place, as its backward "
                      "would not know; clone() it first",
                      op));
    default:
      throw GradError(
          fmt::format("{}: a view made {} is changed in place outside it; have both inside, so that the tape knows "
                      "nothing of the change, or both outside",
                      op, kind == ViewKind::inference ? "in an InferenceMode" : "under a NoGradGuard"));
  }
}

}  // namespace

void check_in_place(const char* op, const Tensor& self, bool recorded) {
  const TensorImpl& impl = self.get();
  if (impl.inference && !thread_state.inference)
    throw GradError(
        fmt::format("{}: an inference tensor cannot be changed in place outside InferenceMode; clone() it first", op));
  if (thread_state.grad_enabled && impl.base != nullptr && impl.view_kind != ViewKind::plain &&
      (recorded || self.requires_grad() || impl.base->requires_grad || impl.base->grad_fn != nullptr))
    refuse_view(op, impl.view_kind);
  if (thread_state.grad_enabled && impl.requires_grad)
    throw GradError(
        fmt::format("{}: a leaf that requires grad cannot be changed in place; use a NoGradGuard, or detach()", op));
  if (thread_state.grad_enabled && impl.base != nullptr && impl.base->requires_grad)
    throw GradError(
        fmt::format("{}: a view of a leaf that requires grad cannot be changed in place; use a NoGradGuard", op));
  if (self_overlapping(self))
    throw ValueError(
        fmt::format("{}: several elements of an expanded tensor of shape {} share one place; clone() it first", op,
                    to_string(self.shape())));
  before_change(self);
}

Tensor snapshot(const Tensor& self) {
  Tensor copy = make_tensor(self.shape(), self.dtype());
  copy_raw(copy, self);
  if (const Edge edge = Edge::into(self); edge.node() != nullptr) set_history(copy, edge.node(), edge.nr());
  return copy;
}

void assign_in_place(const char* op, const Tensor& self, const Tensor& result) {
  const DType to = self.dtype();
  const DType from = result.dtype();
  const bool fits = is_floating_point(to) || to == from || (!is_floating_point(from) && to != DType::bool_);
  if (!fits)
    throw TypeError(fmt::format("{}: a result of {} does not fit into a tensor of {}", op, name(from), name(to)));
  if (broadcast_shapes(op, self.shape(), result.shape()) != self.shape())
    throw ShapeError(fmt::format("{}: a result of shape {} does not fit into one of shape {}", op,
                                 to_string(result.shape()), to_string(self.shape())));
  Tensor converted = from == to ? result : result.to(to);
  if (converted.shape() != self.shape()) converted = converted.expand(self.shape());
  TensorImpl& impl = self.get();
  if (impl.base == nullptr) {
    copy_raw(self, converted);
    bump_version(self);
    if (const Edge edge = Edge::into(converted); edge.node() != nullptr) set_history(self, edge.node(), edge.nr());
    return;
  }
  const Tensor base = base_of(self);
  if (would_record({converted, base})) {
    // The node is made before the numbers change, so that a failure leaves both as they were.
    const Tensor history = scatter_view(base, converted, Geometry(self, *impl.base), base.strides());
    copy_raw(self, converted);
    bump_version(self);
    set_history(base, history.get().grad_fn, 0);
    refresh_view(self);
  } else {
    copy_raw(self, converted);
    bump_version(self);
  }
}

}  // namespace taper::detail
