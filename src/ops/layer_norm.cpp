#include "taper/ops/layer_norm.h"

#include <fmt/format.h>

#include "kernels/layer_norm.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "taper/base/error.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

// The tensor as [rows][n], n being what is normalised.
struct Norms {
  Shape normalized;
  std::int64_t rows = 1;
  std::int64_t n = 1;
  double eps = 0;
};

Tensor dense_or_none(const Tensor& x) { return x.defined() ? detail::dense(x) : x; }

Norms checked(const Tensor& x, const Shape& normalized, const Tensor& weight, const Tensor& bias, double eps) {
  if (!is_floating_point(x.dtype()))
    throw TypeError(fmt::format("layer_norm: x must be floating-point, got {}", name(x.dtype())));
  const int from = x.dim() - normalized.size();
  bool fits = from >= 0 && !normalized.empty();
  for (int d = 0; fits && d < normalized.size(); ++d) fits = x.shape()[from + d] == normalized[d];
  if (!fits)
    throw ShapeError(fmt::format("layer_norm: shape {} does not end in normalized_shape {}", to_string(x.shape()),
                                 to_string(normalized)));
  for (const Tensor* p : {&weight, &bias}) {
    if (!p->defined()) continue;
    const char* what = p == &weight ? "weight" : "bias";
    if (p->shape() != normalized)
      throw ShapeError(fmt::format("layer_norm: {} has shape {} where {} is needed", what, to_string(p->shape()),
                                   to_string(normalized)));
    if (p->dtype() != x.dtype())
      throw TypeError(fmt::format("layer_norm: {} of {} for an input of {}; they must be the same", what,
                                  name(p->dtype()), name(x.dtype())));
  }
  Norms lines{normalized};
  lines.eps = eps;
  for (int d = 0; d < from; ++d) lines.rows *= x.shape()[d];
  for (const std::int64_t size : normalized) lines.n *= size;
  return lines;
}

// The gradients as operations, which are themselves recorded.
void send_recorded(Grads& dx, const Tensor& g, const Tensor& x, const Tensor& weight, const Norms& lines) {
  const Shape flat{lines.rows, lines.n};
  const double share = 1.0 / static_cast<double>(lines.n);
  const Tensor rows = x.reshape(flat);
  const Tensor centred = rows - rows.sum(1, true) * share;
  const Tensor scale = rsqrt((centred * centred).sum(1, true) * share + lines.eps);
  const Tensor unit = centred * scale;
  const Tensor from = g.reshape(flat);
  if (dx.wants(0)) {
    const Tensor weighted = weight.defined() ? from * weight.reshape({1, lines.n}) : from;
    const Tensor along = unit * ((weighted * unit).sum(1, true) * share);
    dx.add(0, (scale * (weighted - weighted.sum(1, true) * share - along)).reshape(x.shape()));
  }
  if (dx.wants(1)) dx.add(1, (from * unit).sum(0).reshape(lines.normalized));
  if (dx.wants(2)) dx.add(2, from.sum(0).reshape(lines.normalized));
}

void send(Grads& dx, const Tensor& gradient, const Tensor& x, const Tensor& weight, const Tensor& mean,
          const Tensor& rstd, const Norms& lines) {
  if (dx.recording()) return send_recorded(dx, gradient, x, weight, lines);
  const Tensor g = detail::dense(gradient);
  const Tensor in = detail::dense(x);
  const Tensor gamma = dense_or_none(weight);
  detail::dispatch_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (dx.wants(0)) {
      Tensor out = detail::make_tensor(x.shape(), x.dtype());
      kernels::layer_norm_backward(g.data<T>(), in.data<T>(), mean.data<T>(), rstd.data<T>(),
                                   detail::numbers_or_null<T>(gamma), lines.rows, lines.n, out.data<T>());
      dx.add(0, std::move(out));
    }
    Tensor dgamma = dx.wants(1) ? detail::make_tensor(lines.normalized, x.dtype()) : Tensor();
    Tensor dbeta = dx.wants(2) ? detail::make_tensor(lines.normalized, x.dtype()) : Tensor();
    if (!dgamma.defined() && !dbeta.defined()) return;
    kernels::layer_norm_backward_affine(g.data<T>(), in.data<T>(), mean.data<T>(), rstd.data<T>(), lines.rows, lines.n,
                                        dgamma.defined() ? dgamma.data<T>() : nullptr,
                                        dbeta.defined() ? dbeta.data<T>() : nullptr);
    dx.add(1, std::move(dgamma));
    dx.add(2, std::move(dbeta));
  });
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
  const Norms lines = checked(x, normalized_shape, weight, bias, eps);
  const Tensor in = detail::dense(x);
  const Tensor gamma = dense_or_none(weight);
  const Tensor beta = dense_or_none(bias);
  Tensor out = detail::make_tensor(x.shape(), x.dtype());
  const Tensor mean = detail::make_tensor({lines.rows}, x.dtype());
  const Tensor rstd = detail::make_tensor({lines.rows}, x.dtype());
  detail::dispatch_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::layer_norm(in.data<T>(), lines.rows, lines.n, detail::numbers_or_null<T>(gamma),
                        detail::numbers_or_null<T>(beta), eps, out.data<T>(), mean.data<T>(), rstd.data<T>());
  });
  return record("NativeLayerNormBackward0", std::move(out), {x, weight, bias}, saved(x, weight, mean, rstd, lines),
                [](Grads& dx, const Tensor& g, const Tensor& from, const Tensor& scale, const Tensor& m,
                   const Tensor& r, const Norms& layout) { send(dx, g, from, scale, m, r, layout); });
}

}  // namespace taper
