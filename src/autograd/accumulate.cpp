// Addition is the one operation that the tape itself needs.
#include <algorithm>

#include "autograd/engine.h"
#include "autograd/row_gradient.h"
#include "kernels/pointwise.h"
#include "ops/sparse.h"
#include "taper/ops/copy.h"
#include "taper/ops/pointwise.h"
#include "tensor/make.h"

namespace taper::detail {
namespace {

bool can_add_in_place(const Tensor& sum, const Tensor& gradient) {
  return !thread_state.grad_enabled && is_unique(sum) && sum.is_contiguous() && gradient.is_contiguous() &&
         sum.dtype() == gradient.dtype() && sum.shape() == gradient.shape();
}

void add_in_place(const Tensor& sum, const Tensor& gradient) {
  const TensorImpl& to = sum.get();
  kernels::pointwise().add[to.dtype](to.numel, to.data, 1, to.data, 1, gradient.get().data, 1);
}

// Whether the tensor is a view, such as a transpose of a gradient, that alone still holds its base and its numbers.
bool is_last_view(const Tensor& tensor) {
  const TensorImpl& impl = tensor.get();
  return impl.base != nullptr && impl.refs.get() == 1 && impl.base->refs.get() == 1 && impl.storage != nullptr &&
         impl.storage->refs.get() == 2 && impl.numel == impl.base->numel;
}

// A row-held gradient is added as the dense one would be: its rows are summed first.
Tensor add_any(const Tensor& first, const Tensor& second) {
  const Tensor a = with_rows_summed(first), b = with_rows_summed(second);
  if (is_row_held(a) && is_row_held(b)) return add_row_held(a, b);
  if (is_row_held(a) && b.is_sparse()) return add_sparse_to_dense(a.to_dense(), b);
  if (is_row_held(b) && a.is_sparse()) return add_sparse_to_dense(b.to_dense(), a);
  if (a.is_sparse() && b.is_sparse()) return add_sparse(a, b);
  if (a.is_sparse()) return add_sparse_to_dense(b, a);
  if (b.is_sparse()) return add_sparse_to_dense(a, b);
  return add(a, b);
}

}  // namespace

void accumulate(Tensor& sum, Tensor&& gradient) {
  if (!sum.defined()) {
    sum = std::move(gradient);
  } else if (!sum.is_sparse() && !gradient.is_sparse() && can_add_in_place(sum, gradient)) {
    add_in_place(sum, gradient);
  } else {
    sum = add_any(sum, gradient);
  }
}

void accumulate_grad(Tensor& grad, Tensor gradient, bool recording) {
  grad = settled(grad);
  if (recording && is_row_held(grad)) grad = dense_gradient_of(grad);
  if (recording && is_row_held(gradient)) gradient = gradient.to_dense();
  if (grad.defined()) {
    const bool in_place = !recording && !grad.is_sparse();
    if (!in_place) {
      grad = add_any(grad, gradient);
    } else if (gradient.is_sparse()) {
      add_sparse_in_place(grad, with_rows_summed(gradient));
    } else {
      grad.add_(gradient);
    }
  } else if (is_row_held(gradient)) {
    grad = std::move(gradient);
  } else if (gradient.is_sparse()) {
    grad = recording ? gradient : own_sparse(gradient);
  } else if (recording || (is_unique(gradient) && gradient.is_contiguous())) {
    grad = std::move(gradient);
  } else if (is_last_view(gradient) && gradient.is_contiguous()) {
    grad = alias(gradient);
  } else {
    grad = gradient.clone();
  }
}

}  // namespace taper::detail
