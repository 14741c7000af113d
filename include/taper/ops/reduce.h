#pragma once

#include "taper/tensor/tensor.h"

/// Reductions over all elements, one dimension or several. A dimension counts from the end where negative (IndexError
/// outside
/// [-n, n)); named twice it is a ValueError. `keepdim` leaves reduced dimensions as size one. Those that make fractions
/// take floating-point tensors only (TypeError).
namespace taper {

/// In PyTorch's order of summation. Integers and bools add up in int64. The sum of nothing is 0.
Tensor sum(const Tensor& x);
Tensor sum(const Tensor& x, std::int64_t dim, bool keepdim = false);
Tensor sum(const Tensor& x, const Shape& dims, bool keepdim = false);
inline Tensor sum(const Tensor& x, std::initializer_list<std::int64_t> dims, bool keepdim = false) {
  return sum(x, Shape(dims), keepdim);
}
/// Of floating-point tensors. The mean of nothing is NaN.
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, std::int64_t dim, bool keepdim = false);
Tensor mean(const Tensor& x, const Shape& dims, bool keepdim = false);
inline Tensor mean(const Tensor& x, std::initializer_list<std::int64_t> dims, bool keepdim = false) {
  return mean(x, Shape(dims), keepdim);
}
/// Integers and bools multiply in int64. The product of nothing is 1.
Tensor prod(const Tensor& x);
Tensor prod(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The mean squared distance from the mean, the sum divided by n - 1 where unbiased, by n otherwise; NaN where that is
/// 0. `std` is its square root. Of floating-point tensors; no dimensions stand for all.
Tensor var(const Tensor& x, bool unbiased = true);
Tensor var(const Tensor& x, std::int64_t dim, bool unbiased = true, bool keepdim = false);
inline Tensor var(const Tensor& x, int dim, bool unbiased = true, bool keepdim = false) {
  return var(x, std::int64_t{dim}, unbiased, keepdim);
}
Tensor var(const Tensor& x, const Shape& dims, bool unbiased = true, bool keepdim = false);
Tensor std(const Tensor& x, bool unbiased = true);
Tensor std(const Tensor& x, std::int64_t dim, bool unbiased = true, bool keepdim = false);
inline Tensor std(const Tensor& x, int dim, bool unbiased = true, bool keepdim = false) {
  return std(x, std::int64_t{dim}, unbiased, keepdim);
}
Tensor std(const Tensor& x, const Shape& dims, bool unbiased = true, bool keepdim = false);

/// The largest (smallest) element; NaN where there is one. Equal ones share the gradient. ValueError for no elements.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
/// The largest (smallest) elements along a dimension and the positions of the first such, which get the gradient.
/// IndexError for a dimension of size 0.
ValuesIndices max(const Tensor& x, std::int64_t dim, bool keepdim = false);
ValuesIndices min(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The largest (smallest) elements along several dimensions, or all where none is named. Equal ones share the gradient.
/// IndexError where a dimension of size 0 is reduced.
Tensor amax(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// The position of the first largest (smallest) element, int64: among all in row-major order, or along a dimension.
/// ValueError for no elements, IndexError for a dimension of size 0.
Tensor argmax(const Tensor& x);
Tensor argmax(const Tensor& x, std::int64_t dim, bool keepdim = false);
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// Whether any element differs from zero (all do), as bool; not recorded.
Tensor any(const Tensor& x);
Tensor any(const Tensor& x, std::int64_t dim, bool keepdim = false);
Tensor all(const Tensor& x);
Tensor all(const Tensor& x, std::int64_t dim, bool keepdim = false);

/// Running sums along a dimension; integers and bools add up in int64.
Tensor cumsum(const Tensor& x, std::int64_t dim);
/// log sum exp(x) along a dimension, without overflow. Integers and bools count as float32.
Tensor logsumexp(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// exp(x) / sum exp(x) along a dimension (torch.softmax), and its logarithm. A line of -inf alone gives
/// NaN. Of floating-point tensors.
Tensor softmax(const Tensor& x, std::int64_t dim);
Tensor log_softmax(const Tensor& x, std::int64_t dim);
/// The p-norm of all elements or along a dimension (torch.norm): the number of elements other than zero for p = 0, the
/// largest (smallest) |x| for inf (-inf). Its gradient at zero is 0. Of floating-point tensors; ValueError for an
/// infinite p of nothing.
Tensor norm(const Tensor& x, double p = 2.0);
Tensor norm(const Tensor& x, double p, std::int64_t dim, bool keepdim = false);
/// x / max(norm(x, p, dim), eps): every line along `dim` brought to length one, but for lines shorter than eps
/// (torch.nn.functional.normalize). Of floating-point tensors.
Tensor normalize(const Tensor& x, double p = 2.0, std::int64_t dim = 1, double eps = 1e-12);

/// The k largest (smallest) elements along a dimension in order, and where they stood; of equal ones the first.
/// ValueError unless 0 <= k <= the dimension's size.
ValuesIndices topk(const Tensor& x, std::int64_t k, std::int64_t dim = -1, bool largest = true);
/// The elements along a dimension in order, NaN as the largest, and where they stood. Equal ones keep their order.
ValuesIndices sort(const Tensor& x, std::int64_t dim = -1, bool descending = false);

}  // namespace taper
