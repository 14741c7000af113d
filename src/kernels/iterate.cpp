#include "kernels/iterate.h"

namespace taper::kernels {

Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& to) {
  Shape result = Shape::filled(to.size(), 0);
  const int offset = to.size() - shape.size();
  for (int d = 0; d < shape.size(); ++d)
    if (shape[d] != 1) result[d + offset] = strides[d];
  return result;
}

}  // namespace taper::kernels
