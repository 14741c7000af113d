#include "autograd/row_gradient.h"

#include <mutex>

#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::detail {
namespace {

// Several threads may read one gradient.
std::mutex& asking() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

Tensor make_row_held(const Tensor& rows, const Tensor& values, const Shape& shape) {
  Tensor result = make_sparse(rows, values, shape, true);
  extra(result).row_held = true;
  return result;
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
