// Exponentials that are normalised along a dimension.
#include "ops/softmax.h"

#include "kernels/softmax.h"
#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

// One of the kernels of x alone.
template <class Kernel>
Tensor forward(const detail::Reduction& r, const Shape& shape, Kernel kernel) {
  Tensor out = detail::make_tensor(shape, r.input.dtype());
  detail::dispatch_floating(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernel(r.input.data<T>(), out.data<T>());
  });
  return out;
}

// One of the kernels of the result and its gradient.
template <class Kernel>
Tensor fused_backward(const Tensor& y, const Tensor& g, std::int64_t dim, Kernel kernel) {
  const detail::Reduction result("softmax", y, {dim}, true);
  const detail::Reduction gradient("softmax", g, {dim}, true);
  Tensor dx = detail::make_tensor(y.shape(), y.dtype());
  detail::dispatch_floating(dx.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernel(result.input.data<T>(), gradient.input.data<T>(), result.outer, result.n, result.inner, dx.data<T>());
  });
  return dx;
}

// softmax_backward(g, y), itself differentiable.
Tensor softmax_gradient(const Tensor& g, const Tensor& y, std::int64_t dim) {
  Tensor out = fused_backward(y, g, dim, [](auto... parts) { kernels::softmax_backward(parts...); });
  return record("SoftmaxBackwardDataBackward0", std::move(out), {g, y}, saved(g, y, dim),
                [](Grads& dx, const Tensor& gg, const Tensor& from, const Tensor& result, std::int64_t d) {
                  if (dx.wants(0)) dx.add(0, softmax_gradient(gg, result, d));
                  if (!dx.wants(1)) return;
                  const Tensor weighted = (result * from).sum(d, true);
                  dx.add(1, from * gg - weighted * gg - from * (result * gg).sum(d, true));
                });
}

Tensor log_softmax_gradient(const Tensor& g, const Tensor& y, std::int64_t dim) {
  Tensor out = fused_backward(y, g, dim, [](auto... parts) { kernels::log_softmax_backward(parts...); });
  return record("LogSoftmaxBackwardDataBackward0", std::move(out), {g, y}, saved(g, y, dim),
                [](Grads& dx, const Tensor& gg, const Tensor& from, const Tensor& result, std::int64_t d) {
                  const Tensor share = result.exp();
                  if (dx.wants(0)) dx.add(0, gg - (gg * share).sum(d, true));
                  if (dx.wants(1)) dx.add(1, -from.sum(d, true) * share * gg);
                });
}

}  // namespace

Tensor softmax(const Tensor& x, std::int64_t dim) {
  detail::check_floating("softmax", x);
  const detail::Reduction r("softmax", x, {dim}, true);
  Tensor out =
      forward(r, x.shape(), [&](const auto* in, auto* to) { kernels::softmax(in, r.outer, r.n, r.inner, to); });
  return detail::record_softmax(std::move(out), x, dim);
}

Tensor detail::record_softmax(Tensor result, const Tensor& x, std::int64_t dim) {
  return record(
      "SoftmaxBackward0", result, {x}, saved(result, dim),
      [](Grads& dx, const Tensor& g, const Tensor& y, std::int64_t d) { dx.add(0, softmax_gradient(g, y, d)); });
}

Tensor log_softmax(const Tensor& x, std::int64_t dim) {
  detail::check_floating("log_softmax", x);
  const detail::Reduction r("log_softmax", x, {dim}, true);
  Tensor out =
      forward(r, x.shape(), [&](const auto* in, auto* to) { kernels::log_softmax(in, r.outer, r.n, r.inner, to); });
  return record(
      "LogSoftmaxBackward0", out, {x}, saved(out, dim),
      [](Grads& dx, const Tensor& g, const Tensor& y, std::int64_t d) { dx.add(0, log_softmax_gradient(g, y, d)); });
}

Tensor logsumexp(const Tensor& x, std::int64_t dim, bool keepdim) {
  if (!is_floating_point(x.dtype())) return logsumexp(x.to(DType::float32), dim, keepdim);
  const detail::Reduction r("logsumexp", x, {dim}, keepdim);
  Tensor out =
      forward(r, r.result, [&](const auto* in, auto* to) { kernels::logsumexp(in, r.outer, r.n, r.inner, to); });
  return record("LogsumexpBackward0", out, {x}, saved(x, out, r.kept),
                [](Grads& dx, const Tensor& g, const Tensor& in, const Tensor& y, const Shape& kept) {
                  dx.add(0, detail::unreduced(g, kept) * exp(in - detail::unreduced(y, kept)));
                });
}

Tensor Tensor::softmax(std::int64_t dim) const { return taper::softmax(*this, dim); }
Tensor Tensor::log_softmax(std::int64_t dim) const { return taper::log_softmax(*this, dim); }
Tensor Tensor::logsumexp(std::int64_t dim, bool keepdim) const { return taper::logsumexp(*this, dim, keepdim); }

}  // namespace taper
