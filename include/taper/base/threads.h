#pragma once

namespace taper {

/// How many threads kernels may use, the calling one included; at least 1 (ValueError otherwise). The environment
/// variable TAPER_NUM_THREADS sets it at start-up, else it is the number of processors. Results do not depend on it.
void set_num_threads(int count);
int get_num_threads();

}  // namespace taper
