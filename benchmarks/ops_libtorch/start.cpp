#include "ops/rows.h"
#include "ops_libtorch/tensors.h"

namespace ops {

void start(int threads) {
  torch::manual_seed(1);
  use_threads(threads);
}

void use_threads(int count) { torch::set_num_threads(count); }

}  // namespace ops
