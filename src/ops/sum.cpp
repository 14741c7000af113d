// Sums and means.
#include <vector>

#include "kernels/reduce.h"
#include "ops/elementwise.h"
#include "ops/nest.h"
#include "ops/reduction.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

using detail::laid_out;
using detail::Nest;
using detail::unreduced;

// Sums of numbers that do not lie as [outer][n][inner], in the order of PyTorch's loops over them.
template <class T>
void sum_scattered(const Tensor& x, const Nest& nest, T* out, std::int64_t count) {
  constexpr std::int64_t width = 32 / static_cast<std::int64_t>(sizeof(T));  // of PyTorch's vectors
  const bool vectors = nest.step == 1 && nest.n >= width;
  const bool column_vectors = nest.column_step == 1 && nest.columns >= width;
  std::vector<int> order = nest.kept;
  if (nest.blocks == 1 && !vectors && !nest.kept.empty() && (column_vectors || nest.step >= nest.column_step)) {
    order.insert(order.end() - static_cast<std::ptrdiff_t>(nest.column_dims), nest.reduced.begin(), nest.reduced.end());
    const Tensor in = laid_out(x, order);
    return kernels::sum(in.data<T>(), count / nest.columns, nest.n, nest.columns, out,
                        column_vectors ? kernels::Walk::vectors : kernels::Walk::fours);
  }
  const Tensor in = laid_out(x, nest.order());
  std::vector<T> parts(static_cast<std::size_t>(count * nest.blocks));
  kernels::sum(in.data<T>(), count * nest.blocks, nest.n, 1, parts.data(),
               vectors ? kernels::Walk::vectors : kernels::Walk::fours);
  const T* part = parts.data();
  for (std::int64_t i = 0; i < count; ++i) {
    T total = *part++;
    for (std::int64_t block = 1; block < nest.blocks; ++block) total += *part++;
    out[i] = total;
  }
}

Tensor sum_values(const Tensor& x, const detail::Reduction& r) {
  const bool floating = is_floating_point(x.dtype());
  Tensor out = detail::make_tensor(r.result, floating ? x.dtype() : DType::int64);
  detail::dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      if (r.copied && x.numel() > 0) return sum_scattered(x, Nest(x, r.kept), out.data<T>(), out.numel());
    const T* in = r.input.data<T>();
    if constexpr (std::is_floating_point_v<T>)
      kernels::sum(in, r.outer, r.n, r.inner, out.data<T>());
    else
      kernels::sum_int(in, r.outer, r.n, r.inner, out.data<std::int64_t>());
  });
  return out;
}

Tensor sum_over(const char* node, const Tensor& x, const Shape& dims, bool keepdim) {
  const detail::Reduction r("sum", x, dims, keepdim);
  return record(node, sum_values(x, r), {x}, saved(x.shape(), r.kept),
                [](Grads& dx, const Tensor& g, const Shape& from, const Shape& kept) {
                  dx.add(0, unreduced(g, kept).expand(from));
                });
}

Tensor mean_over(const char* node, const Tensor& x, const Shape& dims, bool keepdim) {
  detail::check_floating("mean", x);
  const detail::Reduction r("mean", x, dims, keepdim);
  Tensor out = sum_values(x, r);
  detail::dispatch_floating(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* data = out.data<T>();
    for (std::int64_t i = 0; i < out.numel(); ++i) data[i] /= static_cast<T>(r.n);
  });
  return record(node, std::move(out), {x}, saved(x.shape(), r.kept, r.n),
                [](Grads& dx, const Tensor& g, const Shape& from, const Shape& kept, std::int64_t n) {
                  const Tensor whole = unreduced(g, kept);
                  dx.add(0, dx.recording() ? whole.expand(from) / n : (whole / n).expand(from));
                });
}

}  // namespace

Tensor sum(const Tensor& x) { return sum_over("SumBackward0", x.is_sparse() ? x.values() : x, {}, false); }
Tensor sum(const Tensor& x, std::int64_t dim, bool keepdim) { return sum_over("SumBackward1", x, {dim}, keepdim); }
Tensor sum(const Tensor& x, const Shape& dims, bool keepdim) { return sum_over("SumBackward1", x, dims, keepdim); }

Tensor mean(const Tensor& x) { return mean_over("MeanBackward0", x, {}, false); }
Tensor mean(const Tensor& x, std::int64_t dim, bool keepdim) { return mean_over("MeanBackward1", x, {dim}, keepdim); }
Tensor mean(const Tensor& x, const Shape& dims, bool keepdim) { return mean_over("MeanBackward1", x, dims, keepdim); }

Tensor Tensor::sum() const { return taper::sum(*this); }
Tensor Tensor::sum(std::int64_t dim, bool keepdim) const { return taper::sum(*this, dim, keepdim); }
Tensor Tensor::sum(const Shape& dims, bool keepdim) const { return taper::sum(*this, dims, keepdim); }

Tensor Tensor::mean() const { return taper::mean(*this); }
Tensor Tensor::mean(std::int64_t dim, bool keepdim) const { return taper::mean(*this, dim, keepdim); }
Tensor Tensor::mean(const Shape& dims, bool keepdim) const { return taper::mean(*this, dims, keepdim); }

}  // namespace taper
