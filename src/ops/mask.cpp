// Positions and classes: one_hot, nonzero, masked_select.
#include <fmt/format.h>

#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/shape.h"

namespace taper {

Tensor one_hot(const Tensor& indices, std::int64_t num_classes) {
  detail::check_index_type("one_hot", indices);
  const Tensor numbers = detail::cast_raw(detail::dense(indices), DType::int64);
  const auto* classes = numbers.data<std::int64_t>();
  const std::int64_t count = numbers.numel();
  if (num_classes == -1) {
    if (count == 0) throw ValueError("one_hot: no indices to take the number of classes from; name num_classes");
    num_classes = 0;
    for (std::int64_t i = 0; i < count; ++i) num_classes = std::max(num_classes, classes[i] + 1);
  }
  if (num_classes < 0)
    throw ValueError(fmt::format("one_hot: {} classes; at least 0, or -1 for as many as there are", num_classes));
  detail::checked_index("one_hot", numbers, num_classes);
  Shape shape = indices.shape();
  shape.push_back(num_classes);
  Tensor out = zeros(shape, int64);
  auto* ones = out.data<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) ones[i * num_classes + classes[i]] = 1;
  return out;
}

Tensor nonzero(const Tensor& x) {
  const Tensor flat = detail::flat_nonzero(x);
  Tensor out = detail::make_tensor({flat.numel(), x.dim()}, DType::int64);
  const auto* from = flat.data<std::int64_t>();
  auto* to = out.data<std::int64_t>();
  for (std::int64_t i = 0; i < flat.numel(); ++i, to += x.dim()) {
    std::int64_t rest = from[i];
    for (int d = x.dim() - 1; d >= 0; --d) {
      to[d] = rest % x.shape()[d];
      rest /= x.shape()[d];
    }
  }
  return out;
}

Tensor Tensor::nonzero() const { return taper::nonzero(*this); }

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  if (mask.dtype() != DType::bool_)
    throw TypeError(fmt::format("masked_select: the mask must be bool, got {}; compare first", name(mask.dtype())));
  const Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape());
  const Tensor from = x.shape() == shape ? x : x.expand(shape);
  const Tensor where = detail::flat_nonzero(mask.expand(shape));
  return detail::take_rows("MaskedSelectBackward0", from, where, detail::Rows(shape, 0, shape.size(), {where.numel()}));
}

}  // namespace taper
