// The largest and the smallest: max, min, amax, amin, argmax, argmin.
#include <fmt/format.h>

#include "kernels/reduce.h"
#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

enum class Extreme { largest, smallest };

// Values, positions or both; an undefined tensor is not asked for.
void find(Extreme which, const detail::Reduction& r, const Tensor& values, const Tensor& indices) {
  if (r.outer * r.inner == 0) return;
  detail::dispatch(r.input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* best = values.defined() ? values.data<T>() : nullptr;
    std::int64_t* at = indices.defined() ? indices.data<std::int64_t>() : nullptr;
    (which == Extreme::largest ? kernels::max<T> : kernels::min<T>)(r.input.data<T>(), r.outer, r.n, r.inner, best, at);
  });
}

void check_some(const char* op, const Tensor& x) {
  if (x.numel() == 0)
    throw ValueError(fmt::format("{}: a tensor of shape {} has no elements to choose from", op, to_string(x.shape())));
}

void check_some(const char* op, const Tensor& x, const detail::Reduction& r) {
  if (r.n == 0)
    throw IndexError(
        fmt::format("{}: a dimension of size 0 in shape {} has no element to choose", op, to_string(x.shape())));
}

// Where x holds the chosen value; a NaN among the elements is the chosen one.
Tensor chosen(const Tensor& x, const Tensor& value) {
  return logical_or(x == value, logical_and(isnan(x), isnan(value)));
}

Tensor extreme(const char* op, const char* node, Extreme which, const Tensor& x) {
  check_some(op, x);
  const detail::Reduction r(op, x, {}, false);
  Tensor out = detail::make_tensor(r.result, x.dtype());
  find(which, r, out, {});
  return record(node, out, {x}, saved(x, out), [](Grads& dx, const Tensor& g, const Tensor& in, const Tensor& value) {
    const Tensor mask = chosen(in.detach(), value.detach());
    dx.add(0, where(mask, g / mask.sum(), 0));
  });
}

ValuesIndices extreme(const char* op, const char* node, Extreme which, const Tensor& x, std::int64_t dim,
                      bool keepdim) {
  const detail::Reduction r(op, x, {dim}, keepdim);
  check_some(op, x, r);
  Tensor values = detail::make_tensor(r.result, x.dtype());
  Tensor indices = detail::make_tensor(r.result, DType::int64);
  find(which, r, values, indices);
  record(node, values, {x}, saved(indices, x.shape(), r.kept, dim),
         [](Grads& dx, const Tensor& g, const Tensor& at, const Shape& from, const Shape& kept, std::int64_t d) {
           if (from.empty()) return dx.add(0, g);
           const Tensor source = detail::unreduced(g, kept);
           dx.add(0, zeros(from, g.dtype()).scatter(d, detail::unreduced(at, kept), source));
         });
  return {std::move(values), std::move(indices)};
}

Tensor extreme(const char* op, const char* node, Extreme which, const Tensor& x, const Shape& dims, bool keepdim) {
  const detail::Reduction r(op, x, dims, keepdim);
  check_some(op, x, r);
  Tensor out = detail::make_tensor(r.result, x.dtype());
  find(which, r, out, {});
  return record(
      node, out, {x}, saved(x, out, dims, r.kept),
      [](Grads& dx, const Tensor& g, const Tensor& in, const Tensor& value, const Shape& over, const Shape& kept) {
        // A NaN equals nothing, so a line with one gets NaN all along, as in PyTorch; max() gives it to the NaN.
        const Tensor mask = in.detach() == detail::unreduced(value.detach(), kept);
        dx.add(0, mask * (detail::unreduced(g, kept) / mask.sum(over, true)));
      });
}

void check_not_bool(const char* op, const Tensor& x) {
  if (x.dtype() == DType::bool_) throw TypeError(fmt::format("{}: not defined for bool; convert with to()", op));
}

Tensor position(const char* op, Extreme which, const Tensor& x) {
  check_not_bool(op, x);
  check_some(op, x);
  const detail::Reduction r(op, x, {}, false);
  Tensor out = detail::make_tensor({}, DType::int64);
  find(which, r, {}, out);
  return out;
}

Tensor position(const char* op, Extreme which, const Tensor& x, std::int64_t dim, bool keepdim) {
  check_not_bool(op, x);
  const detail::Reduction r(op, x, {dim}, keepdim);
  check_some(op, x, r);
  Tensor out = detail::make_tensor(r.result, DType::int64);
  find(which, r, {}, out);
  return out;
}

}  // namespace

Tensor max(const Tensor& x) { return extreme("max", "MaxBackward1", Extreme::largest, x); }
Tensor min(const Tensor& x) { return extreme("min", "MinBackward1", Extreme::smallest, x); }
ValuesIndices max(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extreme("max", "MaxBackward0", Extreme::largest, x, dim, keepdim);
}
ValuesIndices min(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extreme("min", "MinBackward0", Extreme::smallest, x, dim, keepdim);
}
Tensor amax(const Tensor& x, const Shape& dims, bool keepdim) {
  return extreme("amax", "AmaxBackward0", Extreme::largest, x, dims, keepdim);
}
Tensor amin(const Tensor& x, const Shape& dims, bool keepdim) {
  return extreme("amin", "AminBackward0", Extreme::smallest, x, dims, keepdim);
}
Tensor argmax(const Tensor& x) { return position("argmax", Extreme::largest, x); }
Tensor argmin(const Tensor& x) { return position("argmin", Extreme::smallest, x); }
Tensor argmax(const Tensor& x, std::int64_t dim, bool keepdim) {
  return position("argmax", Extreme::largest, x, dim, keepdim);
}
Tensor argmin(const Tensor& x, std::int64_t dim, bool keepdim) {
  return position("argmin", Extreme::smallest, x, dim, keepdim);
}

Tensor Tensor::max() const { return taper::max(*this); }
Tensor Tensor::min() const { return taper::min(*this); }
ValuesIndices Tensor::max(std::int64_t dim, bool keepdim) const { return taper::max(*this, dim, keepdim); }
ValuesIndices Tensor::min(std::int64_t dim, bool keepdim) const { return taper::min(*this, dim, keepdim); }
Tensor Tensor::amax(const Shape& dims, bool keepdim) const { return taper::amax(*this, dims, keepdim); }
Tensor Tensor::amin(const Shape& dims, bool keepdim) const { return taper::amin(*this, dims, keepdim); }
Tensor Tensor::argmax() const { return taper::argmax(*this); }
Tensor Tensor::argmin() const { return taper::argmin(*this); }
Tensor Tensor::argmax(std::int64_t dim, bool keepdim) const { return taper::argmax(*this, dim, keepdim); }
Tensor Tensor::argmin(std::int64_t dim, bool keepdim) const { return taper::argmin(*this, dim, keepdim); }

}  // namespace taper
