// Comparisons and logic, which give bool and are not recorded.
#include <fmt/format.h>

#include "ops/elementwise.h"
#include "taper/base/error.h"
#include "taper/ops/pointwise.h"
#include "tensor/make.h"

namespace taper {
namespace {

using kernels::pointwise;

void check_whole(const char* op, const Tensor& x) {
  if (is_floating_point(x.dtype()))
    throw TypeError(fmt::format("{}: takes bool and integer tensors, got {}", op, name(x.dtype())));
}

Tensor bitwise(const char* op, const Tensor& a, const Tensor& b, const kernels::Binary& kernel) {
  check_whole(op, a);
  check_whole(op, b);
  return detail::binary(op, a, b, kernel, detail::result_type({a, b}));
}

Tensor compared(const char* op, const Tensor& a, const Tensor& b, const kernels::Binary& kernel) {
  return detail::compare(op, a, b, kernel, detail::result_type({a, b}));
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return compared("eq", a, b, pointwise().eq); }
Tensor ne(const Tensor& a, const Tensor& b) { return compared("ne", a, b, pointwise().ne); }
Tensor lt(const Tensor& a, const Tensor& b) { return compared("lt", a, b, pointwise().lt); }
Tensor le(const Tensor& a, const Tensor& b) { return compared("le", a, b, pointwise().le); }
Tensor gt(const Tensor& a, const Tensor& b) { return compared("gt", a, b, pointwise().gt); }
Tensor ge(const Tensor& a, const Tensor& b) { return compared("ge", a, b, pointwise().ge); }
Tensor logical_and(const Tensor& a, const Tensor& b) { return compared("logical_and", a, b, pointwise().logical_and); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return compared("logical_or", a, b, pointwise().logical_or); }
Tensor logical_not(const Tensor& x) { return detail::unary("logical_not", x, pointwise().logical_not, x.dtype()); }
Tensor isnan(const Tensor& x) { return ne(x, x); }

Tensor eq(const Tensor& a, Scalar b) { return eq(a, detail::wrap_number(b)); }
Tensor ne(const Tensor& a, Scalar b) { return ne(a, detail::wrap_number(b)); }
Tensor lt(const Tensor& a, Scalar b) { return lt(a, detail::wrap_number(b)); }
Tensor le(const Tensor& a, Scalar b) { return le(a, detail::wrap_number(b)); }
Tensor gt(const Tensor& a, Scalar b) { return gt(a, detail::wrap_number(b)); }
Tensor ge(const Tensor& a, Scalar b) { return ge(a, detail::wrap_number(b)); }

Tensor operator&(const Tensor& a, const Tensor& b) { return bitwise("&", a, b, pointwise().bit_and); }
Tensor operator|(const Tensor& a, const Tensor& b) { return bitwise("|", a, b, pointwise().bit_or); }
Tensor operator~(const Tensor& x) {
  check_whole("~", x);
  return x.dtype() == DType::bool_ ? logical_not(x) : sub(neg(x), detail::wrap_number(1));
}

Tensor Tensor::eq(const Tensor& other) const { return taper::eq(*this, other); }
Tensor Tensor::eq(Scalar other) const { return taper::eq(*this, other); }
Tensor Tensor::ne(const Tensor& other) const { return taper::ne(*this, other); }
Tensor Tensor::ne(Scalar other) const { return taper::ne(*this, other); }
Tensor Tensor::lt(const Tensor& other) const { return taper::lt(*this, other); }
Tensor Tensor::lt(Scalar other) const { return taper::lt(*this, other); }
Tensor Tensor::le(const Tensor& other) const { return taper::le(*this, other); }
Tensor Tensor::le(Scalar other) const { return taper::le(*this, other); }
Tensor Tensor::gt(const Tensor& other) const { return taper::gt(*this, other); }
Tensor Tensor::gt(Scalar other) const { return taper::gt(*this, other); }
Tensor Tensor::ge(const Tensor& other) const { return taper::ge(*this, other); }
Tensor Tensor::ge(Scalar other) const { return taper::ge(*this, other); }
Tensor Tensor::logical_not() const { return taper::logical_not(*this); }
Tensor Tensor::isnan() const { return taper::isnan(*this); }

}  // namespace taper
