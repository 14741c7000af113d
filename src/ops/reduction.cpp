#include "ops/reduction.h"

#include <fmt/format.h>

#include <array>

#include "ops/elementwise.h"
#include "taper/base/error.h"

namespace taper::detail {

Reduction::Reduction(const char* op, const Tensor& x, const Shape& dims, bool keepdim) {
  require_dense(op, x);
  std::array<bool, Shape::max_dims> reduced{};
  for (std::int64_t dim : dims) {
    const auto d = static_cast<std::size_t>(wrap_dim(op, dim, x.dim()));
    if (x.dim() == 0) continue;
    if (reduced[d]) throw ValueError(fmt::format("{}: dimension {} stands twice in {}", op, d, to_string(dims)));
    reduced[d] = true;
  }
  if (dims.empty()) reduced.fill(true);

  // The reduced dimensions may stay where they are if they follow one another; else they are moved to the back.
  int first = -1;
  int last = -1;
  bool together = true;
  for (int d = 0; d < x.dim(); ++d) {
    const bool here = reduced[static_cast<std::size_t>(d)];
    kept.push_back(here ? 1 : x.shape()[d]);
    if (!here || keepdim) result.push_back(here ? 1 : x.shape()[d]);
    if (!here) continue;
    together = together && (last == -1 || last == d - 1);
    if (first == -1) first = d;
    last = d;
    n *= x.shape()[d];
  }
  input = alias(x);
  if (!together) {
    Shape shape;
    Shape strides;
    for (const bool pass : {false, true})
      for (int d = 0; d < x.dim(); ++d)
        if (reduced[static_cast<std::size_t>(d)] == pass) {
          shape.push_back(x.shape()[d]);
          strides.push_back(x.strides()[d]);
        }
    input = alias(x, shape, strides);
  }
  for (int d = 0; d < x.dim(); ++d) {
    if (reduced[static_cast<std::size_t>(d)]) continue;
    (together && d > last && last >= 0 ? inner : outer) *= x.shape()[d];
  }
  if (!input.is_contiguous()) {
    Tensor copy = make_tensor(input.shape(), input.dtype());
    copy_raw(copy, input);
    input = copy;
    copied = true;
  }
}

void check_floating(const char* op, const Tensor& x) {
  if (!is_floating_point(x.dtype()))
    throw TypeError(
        fmt::format("{}: takes floating-point tensors, got {}; convert with to(float32)", op, name(x.dtype())));
}

}  // namespace taper::detail
