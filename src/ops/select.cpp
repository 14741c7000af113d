// Choosing between numbers: maximum, minimum, where, masked_fill, lerp.
#include <fmt/format.h>

#include "ops/elementwise.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"

namespace taper {
namespace {

using detail::sum_to;
using kernels::pointwise;

// Of two numbers the one that is not beaten gets the gradient; two equal ones get half of it each, and beside a NaN
// both get all of it.
template <class Beats>
void share(Grads& dx, const Tensor& g, const Tensor& a, const Tensor& b, Beats beats) {
  const Tensor half = where(a == b, g * 0.5, g);
  if (dx.wants(0)) dx.add(0, sum_to(where(beats(b, a), 0, half), a));
  if (dx.wants(1)) dx.add(1, sum_to(where(beats(a, b), 0, half), b));
}

void check_condition(const char* op, const Tensor& condition) {
  if (condition.dtype() != DType::bool_)
    throw TypeError(fmt::format("{}: the condition must be bool, got {}; compare first", op, name(condition.dtype())));
}

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
  Tensor out = detail::binary("maximum", a, b, pointwise().maximum, detail::result_type({a, b}));
  return record("MaximumBackward0", std::move(out), {a, b}, saved(a, b),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y) {
                  share(dx, g, x, y, [](const Tensor& p, const Tensor& q) { return p > q; });
                });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  Tensor out = detail::binary("minimum", a, b, pointwise().minimum, detail::result_type({a, b}));
  return record("MinimumBackward0", std::move(out), {a, b}, saved(a, b),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y) {
                  share(dx, g, x, y, [](const Tensor& p, const Tensor& q) { return p < q; });
                });
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_condition("where", condition);
  const DType dtype = detail::result_type({a, b});
  Tensor out = detail::ternary("where", condition, a, b, pointwise().where, DType::bool_, dtype);
  return record("WhereBackward0", std::move(out), {a, b}, saved(condition, Like(a), Like(b)),
                [](Grads& dx, const Tensor& g, const Tensor& chosen, const Like& la, const Like& lb) {
                  if (dx.wants(0)) dx.add(0, sum_to(where(chosen, g, 0), la));
                  if (dx.wants(1)) dx.add(1, sum_to(where(chosen, 0, g), lb));
                });
}

Tensor where(const Tensor& condition, const Tensor& a, Scalar b) { return where(condition, a, detail::wrap_number(b)); }
Tensor where(const Tensor& condition, Scalar a, const Tensor& b) { return where(condition, detail::wrap_number(a), b); }

Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) {
  check_condition("masked_fill", mask);
  const Tensor number = detail::wrap_number(value);
  if (!is_floating_point(x.dtype()) && is_floating_point(number.dtype()))
    throw TypeError(
        fmt::format("masked_fill: the value {} does not fit into a tensor of {}", value.to_double(), name(x.dtype())));
  Tensor out = detail::ternary("masked_fill", mask, number, x, pointwise().where, DType::bool_, x.dtype());
  return record("MaskedFillBackward0", std::move(out), {x}, saved(mask, Like(x)),
                [](Grads& dx, const Tensor& g, const Tensor& filled, const Like& like) {
                  dx.add(0, sum_to(where(filled, 0, g), like));
                });
}

Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  const DType dtype = start.dtype();
  for (const Tensor* x : {&end, &weight})
    if (x->dtype() != dtype && !x->get().wrapped_number)
      throw TypeError(
          fmt::format("lerp: a start of {} with an operand of {}; all need one dtype", name(dtype), name(x->dtype())));
  Tensor out = detail::ternary("lerp", start, end, weight, pointwise().lerp, dtype, dtype);
  return record("LerpBackward0", std::move(out), {start, end, weight},
                saved(read_for(start, weight), read_for(end, weight), read_for(weight, start, end)),
                [](Grads& dx, const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& w) {
                  if (dx.wants(0)) dx.add(0, sum_to(g * (1 - w), a));
                  if (dx.wants(1)) dx.add(1, sum_to(g * w, b));
                  if (dx.wants(2)) dx.add(2, sum_to(g * (b - a), w));
                });
}

Tensor lerp(const Tensor& start, const Tensor& end, Scalar weight) {
  Tensor out = lerp(start.detach(), end.detach(), detail::wrap_number(weight));
  return record("LerpBackward0", std::move(out), {start, end}, saved(Like(start), Like(end), weight.to_double()),
                [](Grads& dx, const Tensor& g, const Like& a, const Like& b, double w) {
                  if (dx.wants(0)) dx.add(0, sum_to(g * (1 - w), a));
                  if (dx.wants(1)) dx.add(1, sum_to(g * w, b));
                });
}

Tensor Tensor::maximum(const Tensor& other) const { return taper::maximum(*this, other); }
Tensor Tensor::minimum(const Tensor& other) const { return taper::minimum(*this, other); }
Tensor Tensor::masked_fill(const Tensor& mask, Scalar value) const { return taper::masked_fill(*this, mask, value); }
Tensor Tensor::lerp(const Tensor& end, Scalar weight) const { return taper::lerp(*this, end, weight); }
Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const { return taper::lerp(*this, end, weight); }
Tensor& Tensor::masked_fill_(const Tensor& mask, Scalar value) {
  return detail::in_place("masked_fill_", *this, {},
                          [&](const Tensor& x) { return taper::masked_fill(x, mask, value); });
}

}  // namespace taper
