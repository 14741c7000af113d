#include "taper/base/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "taper/base/error.h"

namespace taper {

void Shape::too_many(std::size_t count) {
  throw ShapeError(fmt::format("shape: {} dimensions; a tensor has at most {}", count, max_dims));
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::int64_t numel(const Shape& shape) {
  std::int64_t product = 1;
  bool zero = false;
  bool overflow = false;
  for (std::int64_t size : shape) {
    if (size < 0) throw ShapeError(fmt::format("shape: negative size {} in {}", size, to_string(shape)));
    zero |= size == 0;
    overflow |= __builtin_mul_overflow(product, std::max<std::int64_t>(size, 1), &product);
  }
  if (zero) return 0;
  if (overflow)
    throw ShapeError(fmt::format("shape: size overflows: {} has more than 2^63 elements", to_string(shape)));
  return product;
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides = shape;
  std::int64_t step = 1;
  for (int i = shape.size() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
  Shape result = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  const int offset = result.size() - shorter.size();
  for (int i = 0; i < shorter.size(); ++i) {
    std::int64_t& size = result[i + offset];
    if (size == shorter[i] || shorter[i] == 1) continue;
    if (size != 1)
      throw ShapeError(fmt::format("{}: shapes {} and {} do not broadcast: {} vs {} at dimension {}", op, to_string(a),
                                   to_string(b), a[a.size() - result.size() + i + offset],
                                   b[b.size() - result.size() + i + offset], i + offset));
    size = shorter[i];
  }
  return result;
}

int wrap_dim(const char* op, std::int64_t dim, int n) {
  const std::int64_t range = std::max(n, 1);
  if (dim < -range || dim >= range)
    throw IndexError(fmt::format("{}: dimension {} is outside [-{}, {})", op, dim, range, range));
  return static_cast<int>(dim < 0 ? dim + range : dim);
}

}  // namespace taper
