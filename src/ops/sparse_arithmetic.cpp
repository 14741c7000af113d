// What users of sparse gradients do with them: scale them, add them, look at their size.
#include <fmt/format.h>

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "ops/sparse.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "tensor/extra.h"
#include "tensor/loan.h"
#include "tensor/make.h"

namespace taper::detail {
namespace {

void check_shapes(const char* op, const Tensor& sparse, const Tensor& other) {
  if (broadcast_shapes(op, sparse.shape(), other.shape()) != sparse.shape())
    throw ShapeError(fmt::format("{}: a sparse tensor of shape {} does not broadcast to {}", op,
                                 to_string(sparse.shape()), to_string(other.shape())));
}

}  // namespace

Tensor with_values(const Tensor& sparse, const Tensor& values) {
  return make_sparse(sparse.indices(), values, sparse.shape(), sparse.is_coalesced());
}

void become(const Tensor& self, const Tensor& sparse) {
  if (!sparse.is_sparse() || sparse.shape() != self.shape())
    throw ShapeError(fmt::format("in place: a result of shape {} does not fit into a sparse tensor of shape {}",
                                 to_string(sparse.shape()), to_string(self.shape())));
  const Tensor values = sparse.values().to(self.dtype());
  own_values(self);
  Extra& parts = extra(self);
  parts.indices = sparse.indices();
  parts.values = values;
  parts.coalesced = sparse.is_coalesced();
}

Tensor add_with_sparse(const char* op, const Tensor& a, const Tensor& b) {
  if (!b.is_sparse())
    throw TypeError(
        fmt::format("{0}: {0}(sparse, dense) is not supported; write the dense one first, or use to_dense()", op));
  if (a.shape() != b.shape())
    throw ShapeError(fmt::format("{}: a tensor of shape {} and a sparse one of shape {}; equal shapes are needed", op,
                                 to_string(a.shape()), to_string(b.shape())));
  const DType dtype = result_type({a, b});
  const Tensor left = a.detach().to(dtype);
  const Tensor right = (op[0] == 's' ? -b : b).to(dtype);
  return a.is_sparse() ? add_sparse(left, right) : add_sparse_to_dense(left, right);
}

Tensor mul_with_sparse(const Tensor& a, const Tensor& b) {
  if (!a.is_sparse()) return mul_with_sparse(b, a);
  if (b.is_sparse()) throw TypeError("mul: both tensors are sparse; use to_dense() on one of them");
  if (would_record({b}))
    throw GradError("mul: a product with a sparse tensor is not differentiable; detach() the other factor");
  check_shapes("mul", a, b);
  const bool by_rows = b.dim() == a.dim() && b.dim() > 0 && b.size(0) > 1;
  return with_values(a, a.values() * (by_rows ? b.index_select(0, a.indices().select(0, 0)) : b));
}

Tensor div_sparse(const Tensor& x, const Tensor& divisor) {
  if (divisor.dim() != 0 || divisor.is_sparse())
    throw TypeError(
        fmt::format("div: a sparse tensor by one of shape {}; only a number divides it", to_string(divisor.shape())));
  if (would_record({divisor}))
    throw GradError("div: a quotient of a sparse tensor is not differentiable; detach() the divisor");
  return with_values(x, x.values() / divisor);
}

}  // namespace taper::detail
