// Order along a dimension.
#include "kernels/sort.h"

#include <fmt/format.h>

#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

// `kernel(in, values, indices)` on x along `dim`, which gets `count` entries.
template <class Kernel>
ValuesIndices ordered(const char* node, const Tensor& x, std::int64_t dim, std::int64_t count, Kernel kernel) {
  Shape shape = x.shape();
  if (x.dim() > 0) shape[static_cast<int>(dim)] = count;
  Tensor values = detail::make_tensor(shape, x.dtype());
  Tensor indices = detail::make_tensor(shape, DType::int64);
  if (values.numel() > 0)
    detail::dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      kernel(values.data<T>(), indices.data<std::int64_t>());
    });
  record(node, values, {x}, saved(indices, x.shape(), dim),
         [](Grads& dx, const Tensor& g, const Tensor& at, const Shape& from, std::int64_t d) {
           dx.add(0, from.empty() ? g : zeros(from, g.dtype()).scatter(d, at, g));
         });
  return {std::move(values), std::move(indices)};
}

}  // namespace

ValuesIndices topk(const Tensor& x, std::int64_t k, std::int64_t dim, bool largest) {
  const int d = wrap_dim("topk", dim, x.dim());
  const detail::Reduction r("topk", x, {d}, true);
  const std::int64_t least = x.dim() == 0 ? 1 : 0;
  if (k < least || k > r.n)
    throw ValueError(fmt::format("topk: k = {} along dimension {} of shape {}; from {} to {}", k, d,
                                 to_string(x.shape()), least, r.n));
  return ordered("TopkBackward0", x, d, k, [&](auto* values, std::int64_t* indices) {
    using T = std::remove_pointer_t<decltype(values)>;
    kernels::topk(r.input.data<T>(), r.outer, r.n, r.inner, k, largest, values, indices);
  });
}

ValuesIndices sort(const Tensor& x, std::int64_t dim, bool descending) {
  const int d = wrap_dim("sort", dim, x.dim());
  const detail::Reduction r("sort", x, {d}, true);
  return ordered("SortBackward0", x, d, r.n, [&](auto* values, std::int64_t* indices) {
    using T = std::remove_pointer_t<decltype(values)>;
    kernels::sort(r.input.data<T>(), r.outer, r.n, r.inner, descending, values, indices);
  });
}

ValuesIndices Tensor::topk(std::int64_t k, std::int64_t dim, bool largest) const {
  return taper::topk(*this, k, dim, largest);
}
ValuesIndices Tensor::sort(std::int64_t dim, bool descending) const { return taper::sort(*this, dim, descending); }

}  // namespace taper
