#include "ops/rows.h"
#include "ops/tensors.h"

void ops::start(int threads) {
  manual_seed(1);
  set_num_threads(threads);
}
