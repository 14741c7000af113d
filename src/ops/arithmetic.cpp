// + - * / and powers.
#include <fmt/format.h>

#include <cmath>

#include "ops/elementwise.h"
#include "ops/sparse.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"

namespace taper {

using detail::sum_to;
using detail::wrap_number;
using kernels::pointwise;

namespace {

bool any_sparse(const Tensor& a, const Tensor& b) { return a.is_sparse() || b.is_sparse(); }

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  Tensor out = any_sparse(a, b) ? detail::add_with_sparse("add", a, b)
                                : detail::binary("add", a, b, pointwise().add, detail::result_type({a, b}));
  return record("AddBackward0", std::move(out), {a, b}, saved(Like(a), Like(b)),
                [](Grads& dx, const Tensor& g, const Like& la, const Like& lb) {
                  if (dx.wants(0)) dx.add(0, sum_to(g, la));
                  if (dx.wants(1)) dx.add(1, sum_to(g, lb));
                });
}

namespace {

void check_not_bool(const Tensor& a, const Tensor& b) {
  if (a.dtype() == DType::bool_ || b.dtype() == DType::bool_)
    throw TypeError("sub: bools cannot be subtracted; use ~ for not, or convert with to()");
}

}  // namespace

Tensor sub(const Tensor& a, const Tensor& b) {
  check_not_bool(a, b);
  Tensor out = any_sparse(a, b) ? detail::add_with_sparse("sub", a, b)
                                : detail::binary("sub", a, b, pointwise().sub, detail::result_type({a, b}));
  return record("SubBackward0", std::move(out), {a, b}, saved(Like(a), Like(b)),
                [](Grads& dx, const Tensor& g, const Like& la, const Like& lb) {
                  if (dx.wants(0)) dx.add(0, sum_to(g, la));
                  if (dx.wants(1)) dx.add(1, sum_to(-g, lb));
                });
}

Tensor mul(const Tensor& a, const Tensor& b) {
  if (any_sparse(a, b)) return detail::mul_with_sparse(a, b);
  Tensor out = detail::binary("mul", a, b, pointwise().mul, detail::result_type({a, b}));
  return record("MulBackward0", std::move(out), {a, b}, saved(read_for(a, b), read_for(b, a)),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y) {
                  if (dx.wants(0)) dx.add(0, sum_to(g * y, x));
                  if (dx.wants(1)) dx.add(1, sum_to(g * x, y));
                });
}

Tensor div(const Tensor& a, const Tensor& b) {
  if (a.is_sparse()) return detail::div_sparse(a, b);
  Tensor out = detail::binary("div", a, b, pointwise().div, detail::floating_type({a, b}));
  return record("DivBackward0", std::move(out), {a, b}, saved(read_for(a, b), b),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y) {
                  if (dx.wants(0)) dx.add(0, sum_to(g / y, x));
                  if (dx.wants(1)) dx.add(1, sum_to(-g * ((x / y) / y), y));
                });
}

Tensor neg(const Tensor& x) {
  if (x.is_sparse()) return detail::with_values(x, -x.values());
  Tensor out = detail::unary("neg", x, pointwise().neg, x.dtype());
  return record("NegBackward0", std::move(out), {x}, saved(), [](Grads& dx, const Tensor& g) { dx.add(0, -g); });
}

namespace {

// number - x, which PyTorch has as an operation of its own.
Tensor rsub(const Tensor& x, const Tensor& number) {
  check_not_bool(x, number);
  Tensor out = detail::binary("sub", number, x, pointwise().sub, detail::result_type({number, x}));
  return record("RsubBackward1", std::move(out), {x}, saved(Like(x)),
                [](Grads& dx, const Tensor& g, const Like& like) { dx.add(0, sum_to(-g, like)); });
}

// The exponents that need no general power, as PyTorch computes them.
Tensor power_values(const Tensor& x, double exponent, DType dtype) {
  if (exponent == 2) return detail::unary("pow", x, pointwise().square, dtype);
  if (is_floating_point(dtype)) {
    if (exponent == 0.5) return detail::unary("pow", x, pointwise().sqrt, dtype);
    if (exponent == -0.5) return detail::unary("pow", x, pointwise().rsqrt, dtype);
    if (exponent == -1) return detail::unary("pow", x, pointwise().reciprocal, dtype);
    if (exponent == 3 || exponent == -2) {
      const Tensor squared = detail::unary("pow", x, pointwise().square, dtype);
      if (exponent == -2) return detail::unary("pow", squared, pointwise().reciprocal, dtype);
      return detail::binary("pow", squared, detail::cast_raw(x, dtype), pointwise().mul, dtype);
    }
  } else if (exponent < 0) {
    throw ValueError(
        fmt::format("pow: integers to the power {}; negative exponents need a floating-point tensor", exponent));
  }
  return detail::unary("pow", x, pointwise().pow, dtype, {exponent});
}

}  // namespace

Tensor pow(const Tensor& x, Scalar exponent) {
  const DType dtype = detail::result_type({x, wrap_number(exponent)});
  const double e = exponent.to_double();
  Tensor out = power_values(x, e, dtype);
  return record("PowBackward0", std::move(out), {x}, saved(x, e),
                [](Grads& dx, const Tensor& g, const Tensor& base, double power) {
                  if (power == 0) return dx.add(0, zeros_like(base));
                  dx.add(0, sum_to(g * (pow(base, power - 1) * power), base));
                });
}

Tensor pow(const Tensor& x, const Tensor& exponent) {
  const DType dtype = detail::result_type({x, exponent});
  Tensor out = detail::binary("pow", x, exponent, pointwise().pow_tensor, dtype);
  return record("PowBackward1", out, {x, exponent}, saved(x, exponent, read_for(out, exponent)),
                [](Grads& dx, const Tensor& g, const Tensor& base, const Tensor& power, const Tensor& result) {
                  if (dx.wants(0)) {
                    // Where the power is 0 the result is 1 whatever the base, 0 included.
                    const Tensor slope = where(power == 0, zeros_like(power), power * pow(base, power - 1));
                    dx.add(0, sum_to(g * slope, base));
                  }
                  if (dx.wants(1)) {
                    const Tensor still = logical_and(base == 0, power >= 0);
                    dx.add(1, sum_to(g * where(still, zeros_like(result), result * base.log()), power));
                  }
                });
}

Tensor pow(Scalar x, const Tensor& exponent) {
  Tensor out = pow(wrap_number(x), exponent.detach());
  return record("PowBackward1", out, {exponent}, saved(x.to_double(), exponent, out),
                [](Grads& dx, const Tensor& g, double base, const Tensor& power, const Tensor& result) {
                  const Tensor slope = result * std::log(base);
                  dx.add(0, sum_to(g * (base == 0 ? where(power >= 0, 0, slope) : slope), power));
                });
}

Tensor operator+(const Tensor& a, Scalar b) { return add(a, wrap_number(b)); }
Tensor operator+(Scalar a, const Tensor& b) { return add(wrap_number(a), b); }
Tensor operator-(const Tensor& a, Scalar b) { return sub(a, wrap_number(b)); }
Tensor operator-(Scalar a, const Tensor& b) { return rsub(b, wrap_number(a)); }
Tensor operator*(const Tensor& a, Scalar b) { return mul(a, wrap_number(b)); }
Tensor operator*(Scalar a, const Tensor& b) { return mul(wrap_number(a), b); }
Tensor operator/(const Tensor& a, Scalar b) { return div(a, wrap_number(b)); }
Tensor operator/(Scalar a, const Tensor& b) { return mul(reciprocal(b), wrap_number(a)); }

Tensor Tensor::add(const Tensor& other) const { return taper::add(*this, other); }
Tensor Tensor::add(Scalar other) const { return *this + other; }
Tensor Tensor::sub(const Tensor& other) const { return taper::sub(*this, other); }
Tensor Tensor::sub(Scalar other) const { return *this - other; }
Tensor Tensor::mul(const Tensor& other) const { return taper::mul(*this, other); }
Tensor Tensor::mul(Scalar other) const { return *this * other; }
Tensor Tensor::div(const Tensor& other) const { return taper::div(*this, other); }
Tensor Tensor::div(Scalar other) const { return *this / other; }
Tensor Tensor::neg() const { return taper::neg(*this); }
Tensor Tensor::pow(const Tensor& exponent) const { return taper::pow(*this, exponent); }
Tensor Tensor::pow(Scalar exponent) const { return taper::pow(*this, exponent); }

namespace {

// self + other where one of them is sparse; `whole` is add or sub.
Tensor& add_in_place(const char* op, Tensor& self, const Tensor& other, Tensor (*whole)(const Tensor&, const Tensor&)) {
  if (!self.is_sparse())
    return detail::in_place(op, self, {other}, [&](const Tensor& before) { return whole(before, other); });
  detail::become(self, whole(self, other));
  return self;
}

// The same for a sparse tensor scaled by a number, or by what mul takes.
Tensor& scale_in_place(Tensor& self, const Tensor& other, Tensor& (Tensor::*scale)(const Tensor&),
                       Tensor (*whole)(const Tensor&, const Tensor&)) {
  if (other.dim() == 0 && !other.is_sparse()) {
    detail::change_values(self, [&](Tensor& values) { (values.*scale)(other); });
  } else {
    detail::become(self, whole(self, other));
  }
  return self;
}

}  // namespace

Tensor& Tensor::add_(const Tensor& other) {
  if (any_sparse(*this, other)) return add_in_place("add_", *this, other, &taper::add);
  return detail::in_place("add_", *this, other, pointwise().add, &taper::add);
}
Tensor& Tensor::add_(Scalar other) { return add_(wrap_number(other)); }
Tensor& Tensor::sub_(const Tensor& other) {
  check_not_bool(*this, other);
  if (any_sparse(*this, other)) return add_in_place("sub_", *this, other, &taper::sub);
  return detail::in_place("sub_", *this, other, pointwise().sub, &taper::sub);
}
Tensor& Tensor::sub_(Scalar other) { return sub_(wrap_number(other)); }
Tensor& Tensor::mul_(const Tensor& other) {
  if (is_sparse()) return scale_in_place(*this, other, &Tensor::mul_, &taper::mul);
  return detail::in_place("mul_", *this, other, pointwise().mul, &taper::mul);
}
Tensor& Tensor::mul_(Scalar other) { return mul_(wrap_number(other)); }
Tensor& Tensor::div_(const Tensor& other) {
  if (is_sparse()) return scale_in_place(*this, other, &Tensor::div_, &taper::div);
  return detail::in_place("div_", *this, other, pointwise().div, &taper::div);
}
Tensor& Tensor::div_(Scalar other) { return div_(wrap_number(other)); }
Tensor& Tensor::pow_(Scalar exponent) {
  return detail::in_place("pow_", *this, {}, [&](const Tensor& self) { return self.pow(exponent); });
}
Tensor& Tensor::neg_() {
  if (is_sparse()) {
    detail::change_values(*this, [](Tensor& values) { values.neg_(); });
    return *this;
  }
  return detail::in_place("neg_", *this, {}, [](const Tensor& self) { return self.neg(); });
}

}  // namespace taper
