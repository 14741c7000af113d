// Losses of probabilities and logits: binary_cross_entropy with and without logits.
#include <fmt/format.h>

#include <cmath>

#include "kernels/logits_loss.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "ops/loss.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/loss.h"
#include "taper/ops/pointwise.h"

namespace taper {
namespace {

using detail::parse_reduction;
using detail::Reduce;
using detail::reduced;
using detail::spread;

void check_operands(const char* op, const Tensor& input, const Tensor& target) {
  detail::check_floating(op, "input", input);
  detail::check_floating(op, "target", target);
  if (input.shape() != target.shape())
    throw ShapeError(fmt::format("{}: a target of shape {} for an input of shape {}; they must be equal", op,
                                 to_string(target.shape()), to_string(input.shape())));
}

void check_fits(const char* op, const char* what, const Tensor& weight, const Tensor& target) {
  if (weight.defined() && broadcast_shapes(op, weight.shape(), target.shape()) != target.shape())
    throw ShapeError(fmt::format("{}: {} of shape {} does not fit a target of shape {}", op, what,
                                 to_string(weight.shape()), to_string(target.shape())));
}

void check_probabilities(const Tensor& input) {
  const Tensor numbers = detail::dense(input);
  detail::dispatch_floating(input.dtype(), [&](auto zero) {
    const auto* x = numbers.data<decltype(zero)>();
    for (std::int64_t i = 0; i < numbers.numel(); ++i)
      if (!(x[i] >= 0 && x[i] <= 1))
        throw ValueError(fmt::format("binary_cross_entropy: input {} at position {} is outside [0, 1]", x[i],
                                     detail::position(i, input.shape())));
  });
}

Tensor weighted(const Tensor& x, const Tensor& weight) { return weight.defined() ? x * weight : x; }

constexpr double kLeastLog = -100;  // of log(0)

// Whether the kernel of one pass takes these: equal shapes and dtypes, row-major.
bool in_one_pass(const Tensor& x, const Tensor& y, const Tensor& weight) {
  const auto fits = [&](const Tensor& other) {
    return other.shape() == x.shape() && other.dtype() == x.dtype() && other.is_contiguous();
  };
  return fits(x) && fits(y) && (!weight.defined() || fits(weight));
}

// The loss of logits, outside the tape.
Tensor logits_loss(const Tensor& x, const Tensor& y, const Tensor& weight, const Tensor& positive, Reduce how) {
  if (!positive.defined() && in_one_pass(x, y, weight)) {
    const Tensor losses = detail::make_tensor(x.shape(), x.dtype());
    detail::dispatch_floating(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      kernels::logits_loss(x.numel(), x.data<T>(), y.data<T>(), detail::numbers_or_null<T>(weight), losses.data<T>());
    });
    return reduced(losses, how);
  }
  const Tensor most = clamp(-x, 0);
  const Tensor tail = log(exp(-most) + exp(-x - most));
  const Tensor losses =
      positive.defined() ? (1 - y) * x + ((positive - 1) * y + 1) * (tail + most) : (1 - y) * x + most + tail;
  return reduced(weighted(losses, weight), how);
}

// The gradient of the logits, where `each` is that of each weighted loss, or of all.
Tensor logits_gradient(const Grads& dx, const Tensor& each, const Tensor& x, const Tensor& y, const Tensor& weight,
                       const Tensor& positive) {
  const bool one = each.dim() == 0 || (each.shape() == x.shape() && each.is_contiguous());
  if (!dx.recording() && !positive.defined() && one && each.dtype() == x.dtype() && in_one_pass(x, y, weight)) {
    Tensor result = detail::make_tensor(x.shape(), x.dtype());
    detail::dispatch_floating(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      kernels::logits_loss_backward(x.numel(), x.data<T>(), y.data<T>(), detail::numbers_or_null<T>(weight),
                                    each.data<T>(), each.dim() == 0 ? 0 : 1, result.data<T>());
    });
    return result;
  }
  const Tensor share = weighted(y, positive);
  const Tensor slope = positive.defined() ? (share + 1 - y) * sigmoid(x) - share : sigmoid(x) - y;
  return detail::sum_to(slope * weighted(each, weight), x);
}

}  // namespace

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BinaryCrossEntropyOptions& options) {
  const Reduce how = parse_reduction("binary_cross_entropy", options.reduction);
  check_operands("binary_cross_entropy", input, target);
  check_fits("binary_cross_entropy", "a weight", options.weight, target);
  check_probabilities(input);
  const Tensor out = [&] {
    const NoGradGuard unrecorded;
    const Tensor losses = (target - 1) * clamp(log(1 - input), kLeastLog) - target * clamp(log(input), kLeastLog);
    return reduced(weighted(losses, options.weight), how);
  }();
  return record("BinaryCrossEntropyBackward0", out, {input, target}, saved(input, target, options.weight, how),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y, const Tensor& weight, Reduce reduce) {
                  const Tensor each = weighted(spread(g, reduce, x.numel()), weight);
                  if (dx.wants(0)) dx.add(0, detail::sum_to(each * ((x - y) / clamp((1 - x) * x, 1e-12)), x));
                  if (dx.wants(1))
                    dx.add(1, detail::sum_to(each * (clamp(log(1 - x), kLeastLog) - clamp(log(x), kLeastLog)), y));
                });
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsOptions& options) {
  const char* const op = "binary_cross_entropy_with_logits";
  const Reduce how = parse_reduction(op, options.reduction);
  check_operands(op, input, target);
  check_fits(op, "a weight", options.weight, target);
  check_fits(op, "a pos_weight", options.pos_weight, target);
  const Tensor out = [&] {
    const NoGradGuard unrecorded;
    return logits_loss(input, target, options.weight, options.pos_weight, how);
  }();
  return record("BinaryCrossEntropyWithLogitsBackward0", out, {input, target},
                saved(input, target, options.weight, options.pos_weight, how),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y, const Tensor& weight,
                   const Tensor& positive, Reduce reduce) {
                  const Tensor each = spread(g, reduce, x.numel());
                  if (dx.wants(0)) dx.add(0, logits_gradient(dx, each, x, y, weight, positive));
                  if (dx.wants(1)) {
                    const Tensor slope = positive.defined() ? logsigmoid(-x) - positive * logsigmoid(x) : -x;
                    dx.add(1, detail::sum_to(slope * weighted(each, weight), y));
                  }
                });
}

}  // namespace taper
