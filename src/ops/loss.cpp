// Losses that compare numbers with numbers: mse_loss, l1_loss, kl_div, and the two on angles.
#include "ops/loss.h"

#include <fmt/format.h>

#include <utility>

#include "ops/elementwise.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/ops/create.h"
#include "taper/ops/loss.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

namespace taper {
namespace detail {

Reduce parse_reduction(const char* op, std::string_view text) {
  if (text == "mean") return Reduce::mean;
  if (text == "sum") return Reduce::sum;
  if (text == "none") return Reduce::none;
  throw ValueError(fmt::format("{}: reduction '{}'; 'none', 'mean' or 'sum'", op, text));
}

Tensor reduced(const Tensor& losses, Reduce how) {
  if (how == Reduce::none) return losses;
  return how == Reduce::sum ? losses.sum() : losses.mean();
}

Tensor spread(const Tensor& gradient, Reduce how, std::int64_t count) {
  return how == Reduce::mean ? gradient / count : gradient;
}

void check_floating(const char* op, const char* what, const Tensor& x) {
  if (!is_floating_point(x.dtype()))
    throw TypeError(fmt::format("{}: {} must be floating-point, got {}", op, what, name(x.dtype())));
}

}  // namespace detail

using detail::parse_reduction;
using detail::Reduce;
using detail::reduced;

namespace {

void warn_where_shapes_differ(const char* op, const Tensor& input, const Tensor& target) {
  if (input.shape() == target.shape()) return;
  // A training loop would say it at every step.
  thread_local std::pair<Shape, Shape> told;
  if (std::pair shapes(input.shape(), target.shape()); std::exchange(told, shapes) == shapes) return;
  warn(fmt::format(
      "{}: the target's shape {} differs from the input's {}, so both are broadcast, which is seldom meant; "
      "give them one shape",
      op, to_string(target.shape()), to_string(input.shape())));
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, LossOptions options) {
  const Reduce how = parse_reduction("mse_loss", options.reduction);
  const Shape shape = broadcast_shapes("mse_loss", input.shape(), target.shape());
  warn_where_shapes_differ("mse_loss", input, target);
  detail::check_floating("mse_loss", "one of input and target", is_floating_point(target.dtype()) ? target : input);
  const Tensor out = [&] {
    const NoGradGuard unrecorded;
    const Tensor difference = input - target;
    return reduced(difference * difference, how);
  }();
  return record("MseLossBackward0", out, {input, target}, saved(input, target, how, numel(shape)),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y, Reduce reduce, std::int64_t count) {
                  const double scale = reduce == Reduce::mean ? 2.0 / static_cast<double>(count) : 2.0;
                  const Tensor slope = (x - y) * scale * g;
                  if (dx.wants(0)) dx.add(0, detail::sum_to(slope, x));
                  if (dx.wants(1)) dx.add(1, detail::sum_to(-slope, y));
                });
}

Tensor l1_loss(const Tensor& input, const Tensor& target, LossOptions options) {
  const Reduce how = parse_reduction("l1_loss", options.reduction);
  broadcast_shapes("l1_loss", input.shape(), target.shape());
  warn_where_shapes_differ("l1_loss", input, target);
  detail::check_floating("l1_loss", "one of input and target", is_floating_point(target.dtype()) ? target : input);
  return reduced(abs(input - target), how);
}

Tensor cosine_similarity(const Tensor& input1, const Tensor& input2, std::int64_t dim, double eps) {
  const DType dtype = detail::result_type({input1, input2});
  detail::check_floating("cosine_similarity", "one of input1 and input2",
                         is_floating_point(input2.dtype()) ? input2 : input1);
  const Shape shape = broadcast_shapes("cosine_similarity", input1.shape(), input2.shape());
  const std::int64_t d = wrap_dim("cosine_similarity", dim, shape.size());
  const auto unit = [&](const Tensor& x) {
    const Tensor whole = (x.shape() == shape ? x : x.expand(shape)).to(dtype);
    Tensor squares = square(whole).sum(d, true);
    {
      // As in PyTorch the bound is not differentiated.
      const NoGradGuard unrecorded;
      squares.clamp_(eps * eps);
    }
    return whole / sqrt(squares);
  };
  return (unit(input1) * unit(input2)).sum(d);
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             CosineEmbeddingLossOptions options) {
  const Reduce how = parse_reduction("cosine_embedding_loss", options.reduction);
  const int dim = target.dim();
  if (dim > 1 || input1.dim() != dim + 1 || input2.dim() != dim + 1)
    throw ShapeError(
        fmt::format("cosine_embedding_loss: inputs {} and {} with a target {}; [N, D] with [N], or [D] with a 0-d one",
                    to_string(input1.shape()), to_string(input2.shape()), to_string(target.shape())));
  constexpr double epsilon = 1e-12F;  // PyTorch's is a float
  const Tensor product = (input1 * input2).sum(dim);
  const Tensor squares1 = (input1 * input1).sum(dim) + epsilon;
  const Tensor squares2 = (input2 * input2).sum(dim) + epsilon;
  const Tensor cosine = product / sqrt(squares1 * squares2);
  const Tensor zero = zeros_like(cosine);
  const Tensor alike = where(target == 1, 1 - cosine, zero);
  const Tensor unlike = where(target == -1, clamp(cosine - options.margin, 0), zero);
  return reduced(alike + unlike, how);
}

Tensor kl_div(const Tensor& input, const Tensor& target, KlDivOptions options) {
  const bool batch = options.reduction == "batchmean";
  if (batch && input.dim() == 0) throw ShapeError("kl_div: a 0-d input has no batch; use reduction 'sum'");
  const Reduce how = batch ? Reduce::sum : parse_reduction("kl_div", options.reduction);
  detail::check_floating("kl_div", "input", input);
  detail::check_floating("kl_div", "target", target);
  // 0 log 0 counts as 0.
  const Tensor losses = options.log_target ? exp(target) * (target - input)
                                           : target * log(where(target == 0, 1, target)) - target * input;
  const Tensor result = reduced(losses, how);
  return batch ? result / input.shape()[0] : result;
}

}  // namespace taper
