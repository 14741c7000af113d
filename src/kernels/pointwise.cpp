#include "kernels/pointwise.h"

namespace taper::kernels {

const PointwiseTables& pointwise() {
  static const PointwiseTables tables{unary_pointwise(), binary_pointwise()};
  return tables;
}

}  // namespace taper::kernels
