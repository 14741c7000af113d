// Products and running sums.
#include "kernels/reduce.h"
#include "ops/elementwise.h"
#include "ops/nest.h"
#include "ops/reduction.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

// Runs kernels::prod or kernels::cumsum, which accumulate integers in int64.
template <class Kernel>
Tensor accumulated(const detail::Reduction& r, const Shape& shape, Kernel kernel) {
  Tensor out = detail::make_tensor(shape, is_floating_point(r.input.dtype()) ? r.input.dtype() : DType::int64);
  detail::dispatch(r.input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      kernel(r.input.data<T>(), out.data<T>());
    else
      kernel(r.input.data<T>(), out.data<std::int64_t>());
  });
  return out;
}

// For each element along the last dimension the product of all others. A tree of products is climbed and descended
// again, each node multiplying what lies outside its parent by its sibling: nothing is divided, so zeros do no harm, in
// any derivative.
Tensor product_of_others(const Tensor& x) {
  std::vector<Tensor> levels{x};
  while (levels.back().size(-1) > 1) {
    Tensor& level = levels.back();
    Shape shape = level.shape();
    if (shape.back() % 2 != 0) {
      shape[shape.size() - 1] = 1;
      level = cat({level, ones(shape, level.dtype())}, -1);
    }
    shape[shape.size() - 1] = level.size(-1) / 2;
    shape.push_back(2);
    level = level.reshape(shape);
    levels.push_back(level.select(-1, 0) * level.select(-1, 1));
  }
  Tensor outside = ones_like(levels.back());
  levels.pop_back();
  for (; !levels.empty(); levels.pop_back()) {
    const Tensor& pairs = levels.back();
    const std::int64_t pair_count = pairs.size(-2);
    outside = (outside.narrow(-1, 0, pair_count).unsqueeze(-1) * pairs.flip({-1})).flatten(-2);
  }
  return outside.narrow(-1, 0, x.size(-1));
}

// The derivative of prod(x, dim), which is `product` with dim kept.
Tensor prod_slope(const Tensor& x, const Tensor& product, std::int64_t dim) {
  if (x.dim() == 0) return ones_like(x);
  if (x.numel() == 0) return zeros_like(x);
  if (!(x.detach() == 0).any().item<bool>()) return product / x;
  return product_of_others(x.transpose(dim, -1)).transpose(dim, -1);
}

// Products of numbers that do not lie as [outer][n][inner], in the order of PyTorch's loops over them.
template <class T>
void prod_scattered(const Tensor& x, const Shape& kept, T* out, std::int64_t count) {
  const detail::Nest nest(x, kept);
  const Tensor in = detail::laid_out(x, nest.order());
  kernels::prod_stretches(in.data<T>(), count, nest.blocks, nest.n,
                          nest.step == 1 ? kernels::Walk::vectors : kernels::Walk::fours, out);
}

Tensor prod_over(const char* node, const Tensor& x, const Shape& dims, bool keepdim) {
  const detail::Reduction r("prod", x, dims, keepdim);
  Tensor out = accumulated(r, r.result, [&]<class T, class Out>(const T* in, Out* to) {
    if constexpr (std::is_floating_point_v<T>)
      if (r.copied && x.numel() > 0) return prod_scattered(x, r.kept, to, numel(r.result));
    kernels::prod(in, r.outer, r.n, r.inner, to);
  });
  return record(
      node, out, {x}, saved(x, out, r.kept, dims),
      [](Grads& dx, const Tensor& g, const Tensor& in, const Tensor& result, const Shape& kept, const Shape& over) {
        if (over.empty()) return dx.add(0, g * prod_slope(in.reshape({-1}), result, 0).reshape(in.shape()));
        dx.add(0, detail::unreduced(g, kept) * prod_slope(in, detail::unreduced(result, kept), over[0]));
      });
}

}  // namespace

Tensor prod(const Tensor& x) { return prod_over("ProdBackward0", x, {}, false); }
Tensor prod(const Tensor& x, std::int64_t dim, bool keepdim) { return prod_over("ProdBackward1", x, {dim}, keepdim); }

Tensor cumsum(const Tensor& x, std::int64_t dim) {
  const detail::Reduction r("cumsum", x, {dim}, true);
  Tensor out =
      accumulated(r, x.shape(), [&](const auto* in, auto* to) { kernels::cumsum(in, r.outer, r.n, r.inner, to); });
  return record("CumsumBackward0", std::move(out), {x}, saved(dim), [](Grads& dx, const Tensor& g, std::int64_t d) {
    dx.add(0, g.dim() == 0 ? g : g.flip({d}).cumsum(d).flip({d}));
  });
}

Tensor Tensor::prod() const { return taper::prod(*this); }
Tensor Tensor::prod(std::int64_t dim, bool keepdim) const { return taper::prod(*this, dim, keepdim); }
Tensor Tensor::cumsum(std::int64_t dim) const { return taper::cumsum(*this, dim); }

}  // namespace taper
