#include "ops/rows.h"
#include "ops_libtorch/tensors.h"

void ops::start(int threads) {
  torch::manual_seed(1);
  torch::set_num_threads(threads);
}
