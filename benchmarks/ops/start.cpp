#include "ops/rows.h"
#include "ops/tensors.h"

namespace ops {

void start(int threads) {
  manual_seed(1);
  use_threads(threads);
}

void use_threads(int count) { set_num_threads(count); }

}  // namespace ops
