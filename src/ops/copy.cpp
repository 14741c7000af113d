#include "taper/ops/copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "ops/elementwise.h"
#include "ops/sparse.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/shape.h"
#include "tensor/loan.h"
#include "tensor/make.h"

namespace taper {
namespace {

// The strides of a copy of x: x's own order of dimensions, without holes.
Shape dense_strides(const Tensor& x) {
  Shape order;
  for (int d = 0; d < x.dim(); ++d) order.push_back(d);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return x.strides()[static_cast<int>(a)] > x.strides()[static_cast<int>(b)];
  });
  Shape strides = x.shape();
  std::int64_t step = 1;
  for (int i = order.size() - 1; i >= 0; --i) {
    const int d = static_cast<int>(order[i]);
    strides[d] = step;
    step *= std::max<std::int64_t>(x.shape()[d], 1);
  }
  return strides;
}

bool expanded(const Tensor& x) {
  for (int d = 0; d < x.dim(); ++d)
    if (x.strides()[d] == 0 && x.shape()[d] > 1) return true;
  return false;
}

void identity(Grads& dx, const Tensor& g) { dx.add(0, g); }

}  // namespace

Tensor clone(const Tensor& x) {
  if (x.is_sparse())
    return detail::make_sparse(x.indices().clone(), detail::values_to_read(x).clone(), x.shape(), x.is_coalesced());
  Tensor out = detail::make_tensor(x.shape(), x.dtype());
  if (!x.is_contiguous() && !expanded(x)) out = detail::alias(out, x.shape(), dense_strides(x));
  detail::copy_raw(out, x);
  return record("CloneBackward0", std::move(out), {x}, saved(), [](Grads& dx, const Tensor& g) { identity(dx, g); });
}

Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor out = detail::make_tensor(x.shape(), x.dtype());
  detail::copy_raw(out, x);
  return record("CloneBackward0", std::move(out), {x}, saved(), [](Grads& dx, const Tensor& g) { identity(dx, g); });
}

Tensor to(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  if (x.is_sparse()) return detail::make_sparse(x.indices(), x.values().to(dtype), x.shape(), x.is_coalesced());
  Tensor out = detail::cast_raw(x, dtype);
  if (!is_floating_point(dtype)) return out;
  return record("ToCopyBackward0", std::move(out), {x}, saved(x.dtype()),
                [](Grads& dx, const Tensor& g, DType from) { dx.add(0, g.to(from)); });
}

Tensor Tensor::clone() const { return taper::clone(*this); }
Tensor Tensor::contiguous() const { return taper::contiguous(*this); }
Tensor Tensor::to(DType dtype) const { return taper::to(*this, dtype); }

Tensor& Tensor::copy_(const Tensor& source) {
  if (is_sparse() != source.is_sparse())
    throw TypeError(fmt::format("copy_: a {} tensor into a {} one; use to_dense()",
                                source.is_sparse() ? "sparse" : "dense", is_sparse() ? "sparse" : "dense"));
  if (is_sparse()) {
    detail::become(*this, source.clone());
    return *this;
  }
  detail::check_in_place("copy_", *this, would_record({*this, source}));
  if (broadcast_shapes("copy_", shape(), source.shape()) != shape())
    throw ShapeError(fmt::format("copy_: a source of shape {} does not fit into one of shape {}",
                                 to_string(source.shape()), to_string(shape())));
  Tensor value = source;
  if (would_record({*this, source})) {
    value = detail::make_tensor(shape(), dtype());
    detail::copy_raw(value, source);
    value = record("CopyBackwards", std::move(value), {*this, source}, saved(Like(source)),
                   [](Grads& dx, const Tensor& g, const Like& from) {
                     if (dx.wants(0)) dx.add(0, zeros_like(g));
                     if (dx.wants(1)) dx.add(1, detail::sum_to(g.to(from.dtype), from));
                   });
  } else if (value.dtype() != dtype()) {
    value = detail::cast_raw(value, dtype());
  }
  if (value.shares_memory_with(*this) && !value.is(*this)) value = value.clone();
  detail::assign_in_place("copy_", *this, value);
  return *this;
}

Tensor& Tensor::fill_(Scalar value) {
  if (is_sparse()) throw TypeError("fill_: a sparse tensor; use to_dense() first, or zero_()");
  return detail::in_place("fill_", *this, {}, [&](const Tensor& self) {
    Tensor out = detail::make_tensor(self.shape(), self.dtype());
    detail::copy_raw(out, detail::wrap_number(value));
    return record("FillBackward0", std::move(out), {self}, saved(),
                  [](Grads& dx, const Tensor& g) { dx.add(0, zeros_like(g)); });
  });
}

Tensor& Tensor::zero_() {
  if (is_sparse()) {
    detail::become(*this, detail::make_sparse(indices().narrow(1, 0, 0), values().narrow(0, 0, 0), shape(), true));
    return *this;
  }
  return detail::in_place("zero_", *this, {}, [&](const Tensor& self) {
    Tensor out = zeros(self.shape(), {.dtype = self.dtype()});
    return record("ZeroBackward0", std::move(out), {self}, saved(),
                  [](Grads& dx, const Tensor& g) { dx.add(0, zeros_like(g)); });
  });
}

}  // namespace taper
