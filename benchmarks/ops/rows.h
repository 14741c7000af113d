#pragma once

#include "timing.h"

/// What times single operations, layers, optimizers and training steps: the same rows with the same work for Taper
/// (ops/) and for libtorch (ops_libtorch/). "f" in a row's name is forward, "fb" forward and backward, "step" a whole
/// training step; a row's figure is in microseconds, or in MB where its name ends with "_MB".
namespace ops {

using timing::Arguments;
using timing::row;

/// Fixes the seed and the number of threads.
void start(int threads);

void use_threads(int count);

void memory(const Arguments& arguments);  ///< comes first: it forks, which wants a process without threads
void small(const Arguments& arguments);
void products(const Arguments& arguments);
void optimizers(const Arguments& arguments);
void layers(const Arguments& arguments);
void classes(const Arguments& arguments);
void pointwise(const Arguments& arguments);
void reductions(const Arguments& arguments);
void embeddings(const Arguments& arguments);

}  // namespace ops
