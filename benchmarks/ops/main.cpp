// ops [THREADS [FILTER]], and ops_libtorch just so: prints a line per row whose name contains FILTER (timing.h).
#include "ops/rows.h"

int main(int argc, char** argv) {
  timing::Arguments arguments(argc, argv);
  arguments.use_threads = ops::use_threads;
  ops::memory(arguments);
  ops::start(arguments.threads);
  ops::small(arguments);
  ops::products(arguments);
  ops::optimizers(arguments);
  ops::layers(arguments);
  ops::classes(arguments);
  ops::pointwise(arguments);
  ops::reductions(arguments);
  ops::embeddings(arguments);
}
