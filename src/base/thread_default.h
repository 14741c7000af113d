#pragma once

namespace taper::detail {

/// The processors that the calling thread may run on, as taskset and cpusets leave them; at least 1. A quota of time is
/// no limit here.
int usable_processors();

/// The number of threads to begin with: what TAPER_NUM_THREADS (`taper`) says, else OMP_NUM_THREADS (`omp`, of a list
/// the first number), else `processors`. Null or empty is unset; a text that is no number from 1 on is passed over with
/// a warning.
int default_threads(const char* taper, const char* omp, int processors);

}  // namespace taper::detail
