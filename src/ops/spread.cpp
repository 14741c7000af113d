// How far numbers lie apart: var, std and norms.
#include <fmt/format.h>

#include <cmath>

#include "kernels/reduce.h"
#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

using detail::unreduced;

Tensor variances(const detail::Reduction& r, bool unbiased, bool root = false) {
  Tensor out = detail::make_tensor(r.result, r.input.dtype());
  detail::dispatch_floating(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::variance<T>(r.input.data<T>(), r.outer, r.n, r.inner, unbiased ? 1.0 : 0.0, out.data<T>(), nullptr, root);
  });
  return out;
}

// The gradient of a variance of n numbers, times its cotangent g, which is laid out as `kept`.
Tensor variance_gradient(const Tensor& g, const Tensor& x, const Shape& dims, std::int64_t n, bool unbiased) {
  const double scale = 2.0 / static_cast<double>(n - (unbiased ? 1 : 0));
  return g * scale * (x - x.mean(dims, true));
}

Tensor var_over(const Tensor& x, const Shape& dims, bool unbiased, bool keepdim) {
  detail::check_floating("var", x);
  const detail::Reduction r("var", x, dims, keepdim);
  return record("VarBackward0", variances(r, unbiased), {x}, saved(x, dims, r.kept, r.n, unbiased),
                [](Grads& dx, const Tensor& g, const Tensor& in, const Shape& over, const Shape& kept, std::int64_t n,
                   bool less) { dx.add(0, variance_gradient(unreduced(g, kept), in, over, n, less)); });
}

Tensor std_over(const Tensor& x, const Shape& dims, bool unbiased, bool keepdim) {
  detail::check_floating("std", x);
  const detail::Reduction r("std", x, dims, keepdim);
  const Tensor out = variances(r, unbiased, true);
  return record("StdBackward0", out, {x}, saved(x, out, dims, r.kept, r.n, unbiased),
                [](Grads& dx, const Tensor& g, const Tensor& in, const Tensor& result, const Shape& over,
                   const Shape& kept, std::int64_t n, bool less) {
                  const Tensor slope = masked_fill(g / (result * 2), result.detach() == 0, 0);
                  dx.add(0, variance_gradient(unreduced(slope, kept), in, over, n, less));
                });
}

// x / norm for p = 2 and its kin, with 0 where the norm is 0. `norm` and `g` are laid out as x with reduced sizes of
// one.
Tensor norm_gradient(const Tensor& g, const Tensor& x, const Tensor& norm, double p, const Shape& dims) {
  if (p == 0) return zeros_like(x);
  if (p == 1) return x.sign() * g;
  if (std::isinf(p)) {
    const Tensor size = x.detach().abs();
    const Tensor mask = logical_or(size == norm.detach(), isnan(size));
    return x.sign() * (mask * (g / mask.sum(dims, true)));
  }
  const Tensor safe = where(norm.detach() == 0, 1, norm);
  if (p == 2) return g * masked_fill(x / safe, norm.detach() == 0, 0);
  // Zeros are replaced before the power, so that neither it nor its own derivative sees a pole.
  const Tensor zero = x.detach() == 0;
  const Tensor size = where(zero, 1, x.abs());
  if (p > 2) return x * masked_fill(pow(size, p - 2), zero, 0) * (g / pow(safe, p - 1));
  const Tensor slope = x.sign() * masked_fill(pow(size, p - 1), zero, 0);
  return p < 1 ? slope * g * pow(safe, 1 - p) : slope * (g / pow(safe, p - 1));
}

Tensor norm_over(const char* op, const Tensor& x, double p, const Shape& dims, bool keepdim) {
  detail::check_floating(op, x);
  if (std::isnan(p)) throw ValueError(fmt::format("{}: p is NaN; a number or an infinity is needed", op));
  const detail::Reduction r(op, x, dims, keepdim);
  Tensor out = detail::make_tensor(r.result, x.dtype());
  if (std::isinf(p) && r.n == 0 && out.numel() > 0)
    throw ValueError(fmt::format("{}: p = {} of no elements in shape {}; there is no largest or smallest", op, p,
                                 to_string(x.shape())));
  detail::dispatch_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (out.numel() > 0) kernels::norm<T>(r.input.data<T>(), r.outer, r.n, r.inner, p, out.data<T>());
  });
  return record(
      "NormBackward1", out, {x}, saved(x, out, dims, r.kept, p),
      [](Grads& dx, const Tensor& g, const Tensor& in, const Tensor& result, const Shape& over, const Shape& kept,
         double power) { dx.add(0, norm_gradient(unreduced(g, kept), in, unreduced(result, kept), power, over)); });
}

}  // namespace

Tensor var(const Tensor& x, bool unbiased) { return var_over(x, {}, unbiased, false); }
Tensor var(const Tensor& x, std::int64_t dim, bool unbiased, bool keepdim) {
  return var_over(x, {dim}, unbiased, keepdim);
}
Tensor var(const Tensor& x, const Shape& dims, bool unbiased, bool keepdim) {
  return var_over(x, dims, unbiased, keepdim);
}
Tensor std(const Tensor& x, bool unbiased) { return std_over(x, {}, unbiased, false); }
Tensor std(const Tensor& x, std::int64_t dim, bool unbiased, bool keepdim) {
  return std_over(x, {dim}, unbiased, keepdim);
}
Tensor std(const Tensor& x, const Shape& dims, bool unbiased, bool keepdim) {
  return std_over(x, dims, unbiased, keepdim);
}
Tensor norm(const Tensor& x, double p) {
  return norm_over("norm", x.is_sparse() ? x.coalesce().values() : x, p, {}, false);
}
Tensor norm(const Tensor& x, double p, std::int64_t dim, bool keepdim) {
  return norm_over("norm", x, p, {dim}, keepdim);
}
Tensor normalize(const Tensor& x, double p, std::int64_t dim, double eps) {
  return x / norm_over("normalize", x, p, {dim}, true).clamp(eps);
}

Tensor Tensor::var(bool unbiased) const { return taper::var(*this, unbiased); }
Tensor Tensor::var(std::int64_t dim, bool unbiased, bool keepdim) const {
  return taper::var(*this, dim, unbiased, keepdim);
}
Tensor Tensor::var(const Shape& dims, bool unbiased, bool keepdim) const {
  return taper::var(*this, dims, unbiased, keepdim);
}
Tensor Tensor::std(bool unbiased) const { return taper::std(*this, unbiased); }
Tensor Tensor::std(std::int64_t dim, bool unbiased, bool keepdim) const {
  return taper::std(*this, dim, unbiased, keepdim);
}
Tensor Tensor::std(const Shape& dims, bool unbiased, bool keepdim) const {
  return taper::std(*this, dims, unbiased, keepdim);
}
Tensor Tensor::norm(double p) const { return taper::norm(*this, p); }
Tensor Tensor::norm(double p, std::int64_t dim, bool keepdim) const { return taper::norm(*this, p, dim, keepdim); }

}  // namespace taper
