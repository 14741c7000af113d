// Whether any or all: not recorded.
#include "kernels/reduce.h"
#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "taper/ops/reduce.h"

namespace taper {
namespace {

enum class Asked { any, all };

Tensor holds(const char* op, Asked asked, const Tensor& x, const Shape& dims, bool keepdim) {
  const detail::Reduction r(op, x, dims, keepdim);
  Tensor out = detail::make_tensor(r.result, DType::bool_);
  detail::dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto kernel = asked == Asked::any ? kernels::any<T> : kernels::all<T>;
    kernel(r.input.data<T>(), r.outer, r.n, r.inner, out.data<bool>());
  });
  return out;
}

}  // namespace

Tensor any(const Tensor& x) { return holds("any", Asked::any, x, {}, false); }
Tensor any(const Tensor& x, std::int64_t dim, bool keepdim) { return holds("any", Asked::any, x, {dim}, keepdim); }
Tensor all(const Tensor& x) { return holds("all", Asked::all, x, {}, false); }
Tensor all(const Tensor& x, std::int64_t dim, bool keepdim) { return holds("all", Asked::all, x, {dim}, keepdim); }

Tensor Tensor::any() const { return taper::any(*this); }
Tensor Tensor::any(std::int64_t dim, bool keepdim) const { return taper::any(*this, dim, keepdim); }
Tensor Tensor::all() const { return taper::all(*this); }
Tensor Tensor::all(std::int64_t dim, bool keepdim) const { return taper::all(*this, dim, keepdim); }

}  // namespace taper
