#include "taper/ops/close.h"

#include <fmt/format.h>

#include <limits>

#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

void check_dtypes(const char* op, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    throw TypeError(
        fmt::format("{}: {} and {}; both tensors must have one dtype", op, name(a.dtype()), name(b.dtype())));
  if (a.is_sparse() || b.is_sparse()) throw TypeError(fmt::format("{}: takes dense tensors; use to_dense()", op));
}

void check_tolerance(const char* name, double value) {
  if (!(value >= 0)) throw ValueError(fmt::format("isclose: {} is {}; it must be at least 0", name, value));
}

}  // namespace

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  check_dtypes("isclose", a, b);
  check_tolerance("rtol", rtol);
  check_tolerance("atol", atol);
  broadcast_shapes("isclose", a.shape(), b.shape());
  const NoGradGuard no_grad;
  const bool floating = is_floating_point(a.dtype());
  Tensor close = eq(a, b);
  if (equal_nan && floating) close = close | (isnan(a) & isnan(b));
  if (rtol == 0 && atol == 0) return close;
  const Tensor expected = floating ? b : b.to(float32);
  const Tensor difference = abs((a.dtype() == bool_ ? a.to(float32) : a) - expected);
  return close | ((difference < std::numeric_limits<double>::infinity()) & (difference <= abs(expected * rtol) + atol));
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  return isclose(a, b, rtol, atol, equal_nan).all().item<bool>();
}

bool equal(const Tensor& a, const Tensor& b) {
  check_dtypes("equal", a, b);
  return a.shape() == b.shape() && eq(a, b).all().item<bool>();
}

Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return taper::isclose(*this, other, rtol, atol, equal_nan);
}
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return taper::allclose(*this, other, rtol, atol, equal_nan);
}
bool Tensor::equal(const Tensor& other) const { return taper::equal(*this, other); }

}  // namespace taper
