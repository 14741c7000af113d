#include "kernels/pointwise.h"

namespace taper::kernels {

const PointwiseTables& make_pointwise() {
  static const PointwiseTables tables{unary_pointwise(), binary_pointwise()};
  pointwise_tables.store(&tables, std::memory_order_release);
  return tables;
}

}  // namespace taper::kernels
