#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/parallel.h"
#include "taper/base/shape.h"

namespace taper::kernels {

/// Work below this many elements stays on one thread.
inline constexpr std::int64_t kGrain = 131072;

/// One operand of an elementwise loop: where its first element lies, its strides in elements over the loop's shape (0
/// where it is broadcast), and the size of an element.
struct Operand {
  char* data;
  Shape strides;
  std::int64_t item;
};

/// The strides of an operand of `shape` and `strides` when it is broadcast to `to`.
Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& to);

/// Merges neighbouring dimensions that all operands walk in one stride, and drops those of size one.
template <std::size_t N>
void collapse(Shape& shape, std::array<Operand, N>& operands) {
  int kept = 0;
  for (int d = 0; d < shape.size(); ++d) {
    if (shape[d] == 1) continue;
    bool merges = kept > 0;
    for (const Operand& o : operands) merges = merges && o.strides[kept - 1] == o.strides[d] * shape[d];
    if (merges) {
      shape[kept - 1] *= shape[d];
    } else {
      shape[kept++] = shape[d];
    }
    for (Operand& o : operands) o.strides[kept - 1] = o.strides[d];
  }
  while (shape.size() > kept) {
    shape.erase(shape.size() - 1);
    for (Operand& o : operands) o.strides.erase(o.strides.size() - 1);
  }
}

/// Calls `inner(n, pointers, strides)` over all elements, a line of the last dimension at a time, in parallel where
/// there is enough work. Strides are in elements.
template <std::size_t N, class Inner>
void iterate(Shape shape, std::array<Operand, N> operands, Inner inner) {
  std::int64_t total = 1;
  for (std::int64_t size : shape) total *= size;
  if (total == 0) return;
  collapse(shape, operands);
  std::array<std::int64_t, N> steps{};
  const int last = shape.size() - 1;
  if (last >= 0)
    for (std::size_t k = 0; k < N; ++k) steps[k] = operands[k].strides[last];
  const std::int64_t line = last >= 0 ? shape[last] : 1;
  parallel_for(0, total, kGrain, [&](std::int64_t begin, std::int64_t end) {
    Shape at = Shape::filled(shape.size(), 0);
    std::array<char*, N> pointers;
    for (std::size_t k = 0; k < N; ++k) pointers[k] = operands[k].data;
    std::int64_t rest = begin;
    for (int d = last; d >= 0; --d) {
      at[d] = rest % shape[d];
      rest /= shape[d];
      for (std::size_t k = 0; k < N; ++k) pointers[k] += at[d] * operands[k].strides[d] * operands[k].item;
    }
    for (std::int64_t done = begin; done < end;) {
      const std::int64_t n = last >= 0 ? std::min(line - at[last], end - done) : 1;
      inner(n, pointers, steps);
      done += n;
      if (done >= end) break;
      // Here n reached the end of a line: back to its start, then one up like an odometer.
      for (std::size_t k = 0; k < N; ++k) pointers[k] -= at[last] * steps[k] * operands[k].item;
      at[last] = 0;
      for (int d = last - 1; d >= 0; --d) {
        for (std::size_t k = 0; k < N; ++k) pointers[k] += operands[k].strides[d] * operands[k].item;
        if (++at[d] < shape[d]) break;
        for (std::size_t k = 0; k < N; ++k) pointers[k] -= at[d] * operands[k].strides[d] * operands[k].item;
        at[d] = 0;
      }
    }
  });
}

}  // namespace taper::kernels
