#include "ops/random_fill.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "taper/base/error.h"

namespace taper::detail {

void check_dense(const char* op, const Tensor& x) {
  if (x.is_sparse()) throw TypeError(fmt::format("{}: a sparse tensor; a dense one is needed", op));
}

// A stable sort by stride, to which a stride of 0
// says nothing, as PyTorch's iterator does it.
Shape memory_order(const Tensor& x) {
  Shape order;
  for (int d = x.dim() - 1; d >= 0; --d) order.push_back(d);
  const auto compare = [&x](std::int64_t a, std::int64_t b) {
    const int i = static_cast<int>(a);
    const int j = static_cast<int>(b);
    const std::int64_t left = x.strides()[i];
    const std::int64_t right = x.strides()[j];
    if (left == 0 || right == 0) return 0;
    if (left != right) return left < right ? -1 : 1;
    return x.shape()[i] > x.shape()[j] ? 1 : 0;
  };
  for (int i = 1; i < order.size(); ++i)
    for (int high = i, low = i - 1; low >= 0; --low) {
      const int relation = compare(order[low], order[high]);
      if (relation < 0) break;
      if (relation == 0) continue;
      std::swap(order[low], order[high]);
      high = low;
    }
  return order;
}

bool lies_side_by_side(const Tensor& x) {
  std::int64_t step = 1;
  for (const std::int64_t d : memory_order(x)) {
    const std::int64_t size = x.shape()[static_cast<int>(d)];
    if (size == 1) continue;
    if (x.strides()[static_cast<int>(d)] != step) return x.numel() == 0;
    step *= size;
  }
  return true;
}

void put_in_memory_order(const Tensor& x, const void* numbers) {
  const std::size_t bytes = size_of(x.dtype());
  Shape sizes;
  Shape strides;  // in bytes
  for (const std::int64_t d : memory_order(x)) {
    sizes.push_back(x.shape()[static_cast<int>(d)]);
    strides.push_back(x.strides()[static_cast<int>(d)] * static_cast<std::int64_t>(bytes));
  }
  auto* to = reinterpret_cast<char*>(x.get().data);
  const auto* from = static_cast<const char*>(numbers);
  Shape index = Shape::filled(sizes.size(), 0);
  for (std::int64_t i = 0; i < x.numel(); ++i, from += bytes) {
    std::memcpy(to, from, bytes);
    for (int k = 0; k < sizes.size(); ++k) {
      to += strides[k];
      if (++index[k] < sizes[k]) break;
      to -= strides[k] * sizes[k];
      index[k] = 0;
    }
  }
}

Tensor make_like(const Tensor& like, DType dtype) {
  if (like.is_contiguous()) return make_tensor(like.shape(), dtype);
  Shape strides = like.shape();
  std::int64_t step = 1;
  for (const std::int64_t d : memory_order(like)) {
    strides[static_cast<int>(d)] = step;
    step *= std::max<std::int64_t>(like.shape()[static_cast<int>(d)], 1);
  }
  return alias(make_tensor(like.shape(), dtype), like.shape(), strides);
}

Tensor same_geometry(const Tensor& x) {
  std::int64_t span = x.numel() > 0 ? 1 : 0;
  for (int d = 0; d < x.dim() && span > 0; ++d) span += (x.shape()[d] - 1) * x.strides()[d];
  return alias(make_tensor({span}, x.dtype()), x.shape(), x.strides());
}

}  // namespace taper::detail
