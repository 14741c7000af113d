#include "ops/nest.h"

#include <utility>

#include "ops/elementwise.h"

namespace taper::detail {

Nest::Nest(const Tensor& x, const Shape& kept_shape) {
  const Shape& strides = x.strides();
  for (int d = 0; d < x.dim(); ++d)
    if (x.shape()[d] > 1) (kept_shape[d] == 1 ? reduced : kept).push_back(d);
  // A stride of zero says nothing about places in memory.
  for (std::size_t last = 1; last < reduced.size(); ++last)
    for (std::size_t i = last; i > 0 && strides[reduced[i - 1]] > 0; --i)
      if (strides[reduced[i - 1]] < strides[reduced[i]]) std::swap(reduced[i - 1], reduced[i]);
  bool together = true;
  for (std::size_t i = reduced.size(); i-- > 0;) {
    const int d = reduced[i];
    if (i + 1 == reduced.size()) step = strides[d];
    together = together && strides[d] == step * n;
    (together ? n : blocks) *= x.shape()[d];
  }
  for (std::size_t i = kept.size(); i-- > 0; ++column_dims) {
    const int d = kept[i];
    if (i + 1 == kept.size()) column_step = strides[d];
    if (strides[d] != column_step * columns) break;
    columns *= x.shape()[d];
  }
}

std::vector<int> Nest::order() const {
  std::vector<int> result = kept;
  result.insert(result.end(), reduced.begin(), reduced.end());
  return result;
}

Tensor laid_out(const Tensor& x, const std::vector<int>& order) {
  Shape shape, strides;
  for (const int d : order) {
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  Tensor in = alias(x, shape, strides);
  if (in.is_contiguous()) return in;
  Tensor copy = make_tensor(shape, x.dtype());
  copy_raw(copy, in);
  return copy;
}

}  // namespace taper::detail
