// Sums and means.
#include "kernels/reduce.h"
#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

using detail::unreduced;

Tensor sum_values(const detail::Reduction& r) {
  const DType out_dtype = is_floating_point(r.input.dtype()) ? r.input.dtype() : DType::int64;
  Tensor out = detail::make_tensor(r.result, out_dtype);
  detail::dispatch(r.input.dtype(), [&](auto zero) {
    using T = decltype(zero);
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
  return record(node, sum_values(r), {x}, saved(x.shape(), r.kept),
                [](Grads& dx, const Tensor& g, const Shape& from, const Shape& kept) {
                  dx.add(0, unreduced(g, kept).expand(from));
                });
}

Tensor mean_over(const char* node, const Tensor& x, const Shape& dims, bool keepdim) {
  detail::check_floating("mean", x);
  const detail::Reduction r("mean", x, dims, keepdim);
  Tensor out = sum_values(r);
  detail::dispatch_floating(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* data = out.data<T>();
    for (std::int64_t i = 0; i < out.numel(); ++i) data[i] /= static_cast<T>(r.n);
  });
  return record(node, std::move(out), {x}, saved(x.shape(), r.kept, r.n),
                [](Grads& dx, const Tensor& g, const Shape& from, const Shape& kept, std::int64_t n) {
                  dx.add(0, (unreduced(g, kept) / n).expand(from));
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
