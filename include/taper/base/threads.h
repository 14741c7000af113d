#pragma once

namespace taper {

/// How many threads kernels may use, the calling one included; at least 1 (ValueError otherwise). At first it is what
/// the environment says in TAPER_NUM_THREADS or, as to PyTorch, in OMP_NUM_THREADS, else the number of processors that
/// the process may run on. Results do not depend on it.
void set_num_threads(int count);
int get_num_threads();

}  // namespace taper
