// Losses of classes: nll_loss and cross_entropy.
#include <fmt/format.h>

#include <utility>

#include "autograd/engine.h"
#include "kernels/cross_entropy.h"
#include "kernels/nll.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "ops/loss.h"
#include "ops/softmax.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/loss.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

using detail::parse_reduction;
using detail::Reduce;
using detail::reduced;

// The dimension that the classes stand in.
int class_dim(const Tensor& input) { return input.dim() == 1 ? 0 : 1; }

Shape without_classes(const Shape& input) {
  Shape shape = input;
  shape.erase(shape.size() == 1 ? 0 : 1);
  return shape;
}

void check_weight(const char* op, const Tensor& weight, const Tensor& input) {
  if (!weight.defined()) return;
  const std::int64_t classes = input.shape()[class_dim(input)];
  if (weight.shape() != Shape{classes})
    throw ShapeError(fmt::format("{}: weight has shape {}; one for each of the {} classes is needed", op,
                                 to_string(weight.shape()), classes));
  if (weight.dtype() != input.dtype())
    throw TypeError(fmt::format("{}: weight of {} for an input of {}; they must be the same", op, name(weight.dtype()),
                                name(input.dtype())));
}

// The classes as int64, row-major, each within range or ignored.
Tensor checked_classes(const char* op, const Tensor& target, std::int64_t classes, std::int64_t ignore) {
  Tensor result = detail::cast_raw(detail::dense(target), DType::int64);
  const auto* numbers = result.data<std::int64_t>();
  for (std::int64_t i = 0; i < result.numel(); ++i)
    if (numbers[i] != ignore && (numbers[i] < 0 || numbers[i] >= classes))
      throw IndexError(fmt::format("{}: class {} at position {} is outside [0, {})", op, numbers[i],
                                   detail::position(i, target.shape()), classes));
  return result;
}

// A class loss laid out for the kernels.
struct Classes {
  Shape whole;  // of the input
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
  std::int64_t ignore;
  Reduce how;
  double total = 0;  // the sum of the weights

  Classes(const Tensor& input, std::int64_t ignore_index, Reduce reduce)
      : whole(input.shape()), ignore(ignore_index), how(reduce) {
    const int d = class_dim(input);
    if (d == 1) outer = whole[0];
    n = whole[d];
    for (int k = d + 1; k < whole.size(); ++k) inner *= whole[k];
  }
};

Tensor nll_gradient(const Tensor& g, const Tensor& target, const Tensor& weight, const Classes& c);

// What each target's element of `gradient` counts: the transpose of nll_gradient.
Tensor picked(const Tensor& gradient, const Tensor& target, const Tensor& weight, const Classes& c) {
  const int d = c.whole.size() == 1 ? 0 : 1;
  const Tensor ignored = target == c.ignore;
  const Tensor classes = where(ignored, zeros_like(target), target).unsqueeze(d);
  Tensor result = -gradient.gather(d, classes).squeeze(d);
  if (weight.defined()) result = result * weight.index({classes.squeeze(d)});
  result = masked_fill(result, ignored, 0);
  if (c.how == Reduce::none) return result;
  return c.how == Reduce::sum ? result.sum() : result.sum() / c.total;
}

Tensor nll_gradient(const Tensor& g, const Tensor& target, const Tensor& weight, const Classes& c) {
  Tensor out = zeros(c.whole, {.dtype = g.dtype()});
  const Tensor from = detail::dense(c.how == Reduce::mean ? detail::alias(g).div(c.total) : g);
  detail::dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::nll_backward(from.data<T>(), c.how == Reduce::none ? 1 : 0, c.outer, c.n, c.inner,
                          target.data<std::int64_t>(), c.ignore, detail::numbers_or_null<T>(weight), out.data<T>());
  });
  return record("NllLossBackwardBackward0", std::move(out), {g}, saved(target, weight, c),
                [](Grads& dx, const Tensor& gg, const Tensor& at, const Tensor& w, const Classes& classes) {
                  dx.add(0, picked(gg, at, w, classes));
                });
}

Tensor nll_values(const Tensor& input, const Tensor& target, const Tensor& weight, Classes& c) {
  const Tensor in = detail::dense(input);
  Tensor out = detail::make_tensor(c.how == Reduce::none ? without_classes(c.whole) : Shape{}, input.dtype());
  detail::dispatch_floating(input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto* classes = target.data<std::int64_t>();
    if (c.how == Reduce::none)
      return kernels::nll(in.data<T>(), c.outer, c.n, c.inner, classes, c.ignore, detail::numbers_or_null<T>(weight),
                          out.data<T>());
    const T total = kernels::nll_weight(target.numel(), classes, c.ignore, detail::numbers_or_null<T>(weight));
    const T loss =
        kernels::nll_sum(in.data<T>(), c.outer, c.n, c.inner, classes, c.ignore, detail::numbers_or_null<T>(weight));
    c.total = static_cast<double>(total);
    *out.data<T>() = c.how == Reduce::mean ? loss / total : loss;
  });
  return out;
}

void check_classes(const char* op, const Tensor& input, const Tensor& target) {
  detail::check_floating(op, "input", input);
  if (input.dim() == 0) throw ShapeError(fmt::format("{}: a 0-d input; [N, C, ...] or [C]", op));
  if (target.dtype() != DType::int64 && target.dtype() != DType::int32)
    throw TypeError(fmt::format("{}: target must be int32 or int64 classes, got {}", op, name(target.dtype())));
  if (target.shape() != without_classes(input.shape()))
    throw ShapeError(fmt::format("{}: a target of shape {} for an input of shape {}; {} is needed", op,
                                 to_string(target.shape()), to_string(input.shape()),
                                 to_string(without_classes(input.shape()))));
}

Tensor nll(const char* op, const Tensor& input, const Tensor& target, const Tensor& weight, std::int64_t ignore,
           Reduce how) {
  check_classes(op, input, target);
  check_weight(op, weight, input);
  Classes c(input, ignore, how);
  const Tensor classes = checked_classes(op, target, c.n, ignore);
  const Tensor w = weight.defined() ? detail::dense(weight) : weight;
  Tensor out = nll_values(input, classes, w, c);
  return record(input.dim() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0", std::move(out), {input},
                saved(classes, w, c),
                [](Grads& dx, const Tensor& g, const Tensor& at, const Tensor& scale, const Classes& layout) {
                  dx.add(0, nll_gradient(g, at, scale, layout));
                });
}

// What the fused cross entropy leaves for its backward: the input's gradient for cotangents of one.
struct UnitGradient {
  mutable Tensor unit;  // given away by the last backward
};

}  // namespace

// Comes to the body with its node, whose edge is the input's place in the graph; the input itself need not be kept.
template <>
struct detail::Keep<UnitGradient> {
  using Type = UnitGradient;
  static constexpr bool tensor = true;
  static UnitGradient make(const UnitGradient& value, const Tensor&) { return value; }
  static std::pair<const UnitGradient&, Node&> get(const UnitGradient& kept, Node& node) { return {kept, node}; }
};

namespace {

// The input as far as the graph knows it; its numbers are not the input's.
Tensor input_of(detail::Node& node, const Tensor& numbers) {
  const detail::Edge& edge = node.edges()[0];
  if (edge.leaf() != nullptr) {
    detail::retain(edge.leaf());
    return Tensor::adopt(edge.leaf());
  }
  Tensor stand_in = detail::alias(numbers);
  if (edge.node() != nullptr) detail::set_history(stand_in, edge.node(), edge.nr());
  return stand_in;
}

// The gradient for the cotangent g, in the same memory where that is not needed any more.
Tensor times(const UnitGradient& kept, const Tensor& g, const Tensor& target, const Classes& c) {
  const bool last = detail::lets_go_of_saved();
  const Tensor from = detail::dense(g);
  const Tensor unit = last ? std::move(kept.unit) : kept.unit;
  Tensor out = last ? unit : detail::make_tensor(c.whole, g.dtype());
  detail::dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (last && c.how != Reduce::none && *from.data<T>() == 1) return;
    kernels::cross_entropy_scale(unit.data<T>(), from.data<T>(), c.how == Reduce::none ? 1 : 0, c.outer, c.n, c.inner,
                                 target.data<std::int64_t>(), c.ignore, out.data<T>());
  });
  return out;
}

// The factor of each target's line in UnitGradient, its class dimension kept: 0 where ignored.
Tensor line_factors(const Tensor& target, const Tensor& weight, const Classes& c, const Tensor& like) {
  const Tensor ignored = target == c.ignore;
  const Tensor of_class = weight.defined() ? weight.index({where(ignored, zeros_like(target), target)})
                                           : ones(target.shape(), {.dtype = like.dtype()});
  const Tensor factors = c.how == Reduce::mean ? of_class / c.total : of_class;
  return masked_fill(factors, ignored, 0).unsqueeze(c.whole.size() == 1 ? 0 : 1);
}

// Backward as operations, which are themselves recorded: as those of nll_loss and of softmax.
void send_recorded(Grads& dx, const Tensor& g, detail::Node& node, const Tensor& unit, const Tensor& picked,
                   const Tensor& target, const Tensor& weight, const Classes& c) {
  const int d = c.whole.size() == 1 ? 0 : 1;
  const Tensor factors = line_factors(target, weight, c, unit);
  const Tensor ignored = (target == c.ignore).unsqueeze(d);
  const Tensor classes = masked_fill(target.unsqueeze(d), ignored, 0);
  Tensor shares = where(factors == 0, unit, unit / factors);
  const Tensor at_targets = where(ignored, shares.gather(d, classes), exp(picked).unsqueeze(d));
  shares = shares.scatter(d, classes, at_targets);
  const Tensor probabilities = detail::record_softmax(std::move(shares), input_of(node, unit), d);
  const Tensor of_log = nll_gradient(g, target, weight, c);
  dx.add(0, of_log - probabilities * of_log.sum(d, true));
}

// log_softmax and nll_loss in one pass over the input, which finds the gradient, too.
Tensor fused_cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight, std::int64_t ignore,
                           Reduce how) {
  Classes c(input, ignore, how);
  const Tensor classes = checked_classes("cross_entropy", target, c.n, ignore);
  const Tensor w = weight.defined() ? detail::dense(weight) : weight;
  const Tensor in = detail::dense(input);
  const Tensor picked = detail::make_tensor(target.shape(), input.dtype());
  const Tensor gradient = would_record({input}) ? detail::make_tensor(input.shape(), input.dtype()) : Tensor();
  Tensor out = detail::make_tensor(how == Reduce::none ? target.shape() : Shape{}, input.dtype());
  detail::dispatch_floating(input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto* at = classes.data<std::int64_t>();
    const T* scale = detail::numbers_or_null<T>(w);
    const T total = kernels::nll_weight(target.numel(), at, ignore, scale);
    c.total = static_cast<double>(total);
    kernels::cross_entropy(in.data<T>(), c.outer, c.n, c.inner, at, ignore, scale,
                           how == Reduce::mean ? 1 / total : T(1), picked.data<T>(),
                           gradient.defined() ? gradient.data<T>() : nullptr);
    if (how == Reduce::none)
      return kernels::nll_picked(picked.data<T>(), target.numel(), at, ignore, scale, out.data<T>());
    const T loss = kernels::nll_picked_sum(picked.data<T>(), target.numel(), at, ignore, scale);
    *out.data<T>() = how == Reduce::mean ? loss / total : loss;
  });
  return record(input.dim() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0", std::move(out), {input},
                saved(UnitGradient{gradient}, picked, classes, w, c),
                [](Grads& dx, const Tensor& g, std::pair<const UnitGradient&, detail::Node&> kept, const Tensor& log,
                   const Tensor& at, const Tensor& by, const Classes& layout) {
                  if (dx.recording()) return send_recorded(dx, g, kept.second, kept.first.unit, log, at, by, layout);
                  dx.add(0, times(kept.first, g, at, layout));
                });
}

// The weights of the classes, to be multiplied with the input.
Tensor along_classes(const Tensor& weight, const Tensor& input) {
  Shape shape = Shape::filled(input.dim(), 1);
  shape[class_dim(input)] = weight.numel();
  return weight.view(shape);
}

// x / n, which prints as PyTorch's division by a C++ number.
Tensor divided(const Tensor& x, double n) {
  Tensor out = detail::alias(x) / n;
  return record("DivBackward1", std::move(out), {x}, saved(n),
                [](Grads& dx, const Tensor& g, double by) { dx.add(0, g / by); });
}

Tensor cross_entropy_of_probabilities(const Tensor& input, const Tensor& target, const CrossEntropyOptions& options,
                                      Reduce how) {
  const int d = class_dim(input);
  const auto classes = static_cast<double>(input.shape()[d]);
  Tensor losses = input.log_softmax(d) * (options.label_smoothing > 0 ? target * (1 - options.label_smoothing) +
                                                                            options.label_smoothing / classes
                                                                      : target);
  if (options.weight.defined()) losses = losses * along_classes(options.weight, input);
  if (how == Reduce::none) return -losses.sum(d);
  return how == Reduce::sum ? -losses.sum() : divided(-losses.sum(), static_cast<double>(input.numel()) / classes);
}

// What is spread over all classes, with the mean over those targets that count.
Tensor smooth_loss(const Tensor& log_probabilities, const Tensor& target, const CrossEntropyOptions& options,
                   Reduce how) {
  const Tensor& weight = options.weight;
  const Tensor weighted =
      weight.defined() ? log_probabilities * along_classes(weight, log_probabilities) : log_probabilities;
  const Tensor ignored = target == options.ignore_index;
  const Tensor losses = masked_fill(-weighted.sum(class_dim(weighted)), ignored, 0);
  if (how != Reduce::mean) return reduced(losses, how);
  const Tensor counting = logical_not(ignored);
  if (!weight.defined()) return masked_select(losses, counting).mean();
  return losses.sum() / weight.detach().gather(0, masked_select(target, counting)).sum();
}

}  // namespace

Tensor nll_loss(const Tensor& input, const Tensor& target, const NllLossOptions& options) {
  const Reduce how = parse_reduction("nll_loss", options.reduction);
  return nll("nll_loss", input, target, options.weight, options.ignore_index, how);
}

Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyOptions& options) {
  const Reduce how = parse_reduction("cross_entropy", options.reduction);
  const double smoothing = options.label_smoothing;
  if (!(smoothing >= 0 && smoothing <= 1))
    throw ValueError(fmt::format("cross_entropy: label_smoothing {} is outside [0, 1]", smoothing));
  detail::check_floating("cross_entropy", "input", input);
  if (input.dim() > 0) check_weight("cross_entropy", options.weight, input);
  if (input.dim() > 0 && input.shape() == target.shape()) {
    detail::check_floating("cross_entropy", "a target of input's shape holds probabilities and", target);
    return cross_entropy_of_probabilities(input, target, options, how);
  }
  check_classes("cross_entropy", input, target);
  if (smoothing == 0) return fused_cross_entropy(input, target, options.weight, options.ignore_index, how);
  checked_classes("cross_entropy", target, input.shape()[class_dim(input)], options.ignore_index);
  const Tensor log_probabilities = input.log_softmax(class_dim(input));
  const Tensor loss = nll("cross_entropy", log_probabilities, target, options.weight, options.ignore_index, how);
  const auto classes = static_cast<double>(input.shape()[class_dim(input)]);
  return loss * (1 - smoothing) + smooth_loss(log_probabilities, target, options, how) * (smoothing / classes);
}

}  // namespace taper
