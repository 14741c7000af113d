// Functions of one number.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"

namespace taper {
namespace {

using kernels::pointwise;

// x through a kernel of fractions: integers become float32.
Tensor fractional(const char* op, const Tensor& x, const kernels::Unary& kernel,
                  std::initializer_list<double> parameters = {}) {
  return detail::unary(op, x, kernel, detail::floating_type({x}), parameters);
}

// The same of floating-point numbers alone.
Tensor activation(const char* op, const Tensor& x, const kernels::Unary& kernel,
                  std::initializer_list<double> parameters = {}) {
  detail::check_floating(op, x);
  return detail::unary(op, x, kernel, x.dtype(), parameters);
}

// A gradient of g and what was saved: in one pass, or, where the gradient is recorded in turn, in operations.
template <class F>
Tensor fused(const Grads& dx, const Tensor& g, const Tensor& kept, const kernels::Binary& kernel, F in_operations) {
  if (dx.recording()) return in_operations();
  return detail::binary("backward", g, kept, kernel, g.dtype());
}

}  // namespace

Tensor square(const Tensor& x) { return pow(x, 2); }

Tensor abs(const Tensor& x) {
  return record("AbsBackward0", detail::unary("abs", x, pointwise().abs, x.dtype()), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) { dx.add(0, g * in.sign()); });
}

Tensor sign(const Tensor& x) {
  if (x.dtype() == DType::bool_) return x;
  return record("SignBackward0", detail::unary("sign", x, pointwise().sign, x.dtype()), {x}, saved(),
                [](Grads& dx, const Tensor& g) { dx.add(0, zeros_like(g)); });
}

Tensor reciprocal(const Tensor& x) {
  Tensor out = fractional("reciprocal", x, pointwise().reciprocal);
  return record("ReciprocalBackward0", out, {x}, saved(out),
                [](Grads& dx, const Tensor& g, const Tensor& y) { dx.add(0, -g * (y * y)); });
}

Tensor sqrt(const Tensor& x) {
  Tensor out = fractional("sqrt", x, pointwise().sqrt);
  return record("SqrtBackward0", out, {x}, saved(out),
                [](Grads& dx, const Tensor& g, const Tensor& y) { dx.add(0, g / (y * 2)); });
}

Tensor rsqrt(const Tensor& x) {
  Tensor out = fractional("rsqrt", x, pointwise().rsqrt);
  return record("RsqrtBackward0", out, {x}, saved(out),
                [](Grads& dx, const Tensor& g, const Tensor& y) { dx.add(0, g * -0.5 * pow(y, 3)); });
}

Tensor exp(const Tensor& x) {
  Tensor out = fractional("exp", x, pointwise().exp);
  return record("ExpBackward0", out, {x}, saved(out),
                [](Grads& dx, const Tensor& g, const Tensor& y) { dx.add(0, g * y); });
}

Tensor expm1(const Tensor& x) {
  Tensor out = fractional("expm1", x, pointwise().expm1);
  return record("Expm1Backward0", out, {x}, saved(out),
                [](Grads& dx, const Tensor& g, const Tensor& y) { dx.add(0, g * (y + 1)); });
}

Tensor log(const Tensor& x) {
  return record("LogBackward0", fractional("log", x, pointwise().log), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) { dx.add(0, g / in); });
}

Tensor log1p(const Tensor& x) {
  return record("Log1PBackward0", fractional("log1p", x, pointwise().log1p), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) { dx.add(0, g / (in + 1)); });
}

Tensor sin(const Tensor& x) {
  return record("SinBackward0", fractional("sin", x, pointwise().sin), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) { dx.add(0, g * in.cos()); });
}

Tensor cos(const Tensor& x) {
  return record("CosBackward0", fractional("cos", x, pointwise().cos), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) { dx.add(0, g * -in.sin()); });
}

Tensor tanh(const Tensor& x) {
  Tensor out = fractional("tanh", x, pointwise().tanh);
  return record("TanhBackward0", out, {x}, saved(out), [](Grads& dx, const Tensor& g, const Tensor& y) {
    dx.add(0, fused(dx, g, y, pointwise().tanh_backward, [&] { return g * (1 - y * y); }));
  });
}

Tensor sigmoid(const Tensor& x) {
  Tensor out = fractional("sigmoid", x, pointwise().sigmoid);
  return record("SigmoidBackward0", out, {x}, saved(out), [](Grads& dx, const Tensor& g, const Tensor& y) {
    dx.add(0, fused(dx, g, y, pointwise().sigmoid_backward, [&] { return g * (1 - y) * y; }));
  });
}

Tensor relu(const Tensor& x) {
  Tensor out = detail::unary("relu", x, pointwise().relu, x.dtype());
  return record("ReluBackward0", out, {x}, saved(out), [](Grads& dx, const Tensor& g, const Tensor& y) {
    dx.add(0, fused(dx, g, y, pointwise().relu_backward, [&] { return where(y <= 0, 0, g); }));
  });
}

Tensor erf(const Tensor& x) {
  return record("ErfBackward0", fractional("erf", x, pointwise().erf), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) {
                  dx.add(0, g * (2 * std::numbers::inv_sqrtpi) * exp(-(in * in)));
                });
}

Tensor erfinv(const Tensor& x) {
  Tensor out = fractional("erfinv", x, pointwise().erfinv);
  return record("ErfinvBackward0", out, {x}, saved(out), [](Grads& dx, const Tensor& g, const Tensor& y) {
    dx.add(0, g * (0.5 / std::numbers::inv_sqrtpi) * exp(y * y));
  });
}

Tensor gelu(const Tensor& x, std::string_view approximate) {
  if (approximate == "tanh") {
    detail::check_floating("gelu", x);
    const double scale = std::sqrt(2 / std::numbers::pi);
    return x * 0.5 * (1 + tanh((x + pow(x, 3) * 0.044715) * scale));
  }
  if (approximate != "none") throw ValueError(fmt::format("gelu: approximate '{}'; 'none' or 'tanh'", approximate));
  return record("GeluBackward0", activation("gelu", x, pointwise().gelu), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) {
                  dx.add(0, fused(dx, g, in, pointwise().gelu_backward, [&] {
                           const Tensor cdf = (1 + erf(in * (1 / std::numbers::sqrt2))) * 0.5;
                           const Tensor pdf =
                               exp(in * in * -0.5) * (0.5 * std::numbers::inv_sqrtpi * std::numbers::sqrt2);
                           return g * (cdf + in * pdf);
                         }));
                });
}

Tensor silu(const Tensor& x) {
  return record("SiluBackward0", activation("silu", x, pointwise().silu), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) {
                  dx.add(0, fused(dx, g, in, pointwise().silu_backward, [&] {
                           const Tensor s = in.sigmoid();
                           return g * (s * (1 + in * (1 - s)));
                         }));
                });
}

Tensor softplus(const Tensor& x, double beta, double threshold) {
  return record("SoftplusBackward0", activation("softplus", x, pointwise().softplus, {beta, threshold}), {x},
                saved(x, beta, threshold), [](Grads& dx, const Tensor& g, const Tensor& in, double b, double limit) {
                  const Tensor scaled = in * b;
                  dx.add(0, where(scaled > limit, g, g * scaled.sigmoid()));
                });
}

Tensor logsigmoid(const Tensor& x) {
  return record("LogSigmoidBackward0", activation("logsigmoid", x, pointwise().logsigmoid), {x}, saved(x),
                [](Grads& dx, const Tensor& g, const Tensor& in) {
                  dx.add(0, fused(dx, g, in, pointwise().logsigmoid_backward, [&] { return g * sigmoid(-in); }));
                });
}

Tensor clamp(const Tensor& x, std::optional<double> min, std::optional<double> max) {
  if (!min && !max) throw ValueError("clamp: neither min nor max is given; at least one is needed");
  const double low = min.value_or(-INFINITY);
  const double high = max.value_or(INFINITY);
  DType dtype = x.dtype() == DType::bool_ ? DType::int64 : x.dtype();
  const auto fractional_bound = [](double bound) { return std::isfinite(bound) && bound != std::floor(bound); };
  if (!is_floating_point(dtype) && (fractional_bound(low) || fractional_bound(high))) dtype = DType::float32;
  return record("ClampBackward1", detail::unary("clamp", x, pointwise().clamp, dtype, {low, high}), {x},
                saved(x, low, high), [](Grads& dx, const Tensor& g, const Tensor& in, double least, double most) {
                  dx.add(0, where(logical_and(in >= least, in <= most), g, 0));
                });
}

Tensor Tensor::square() const { return taper::square(*this); }
Tensor Tensor::abs() const { return taper::abs(*this); }
Tensor Tensor::sign() const { return taper::sign(*this); }
Tensor Tensor::reciprocal() const { return taper::reciprocal(*this); }
Tensor Tensor::sqrt() const { return taper::sqrt(*this); }
Tensor Tensor::rsqrt() const { return taper::rsqrt(*this); }
Tensor Tensor::exp() const { return taper::exp(*this); }
Tensor Tensor::expm1() const { return taper::expm1(*this); }
Tensor Tensor::log() const { return taper::log(*this); }
Tensor Tensor::log1p() const { return taper::log1p(*this); }
Tensor Tensor::sin() const { return taper::sin(*this); }
Tensor Tensor::cos() const { return taper::cos(*this); }
Tensor Tensor::tanh() const { return taper::tanh(*this); }
Tensor Tensor::sigmoid() const { return taper::sigmoid(*this); }
Tensor Tensor::relu() const { return taper::relu(*this); }
Tensor Tensor::erf() const { return taper::erf(*this); }
Tensor Tensor::clamp(std::optional<double> min, std::optional<double> max) const {
  return taper::clamp(*this, min, max);
}

namespace {

Tensor& changed(const char* op, Tensor& self, Tensor (*f)(const Tensor&)) {
  return detail::in_place(op, self, {}, [f](const Tensor& x) { return f(x); });
}

}  // namespace

Tensor& Tensor::exp_() { return changed("exp_", *this, &taper::exp); }
Tensor& Tensor::log_() { return changed("log_", *this, &taper::log); }
Tensor& Tensor::sqrt_() { return changed("sqrt_", *this, &taper::sqrt); }
Tensor& Tensor::abs_() { return changed("abs_", *this, &taper::abs); }
Tensor& Tensor::tanh_() { return changed("tanh_", *this, &taper::tanh); }
Tensor& Tensor::sigmoid_() { return changed("sigmoid_", *this, &taper::sigmoid); }
Tensor& Tensor::relu_() { return changed("relu_", *this, &taper::relu); }
Tensor& Tensor::clamp_(std::optional<double> min, std::optional<double> max) {
  return detail::in_place("clamp_", *this, {}, [&](const Tensor& x) { return taper::clamp(x, min, max); });
}

}  // namespace taper
