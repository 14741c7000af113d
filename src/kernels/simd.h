// clang-format off
// The door to SIMD: Google Highway, cut down to the targets that Taper is built for (baseline, AVX2, AVX-512, NEON). This
// file is read once for each target, hence no include guard around all of it. A kernel file looks like this:
//
//   #ifndef HWY_TARGET_INCLUDE                      // unless a unit joins this file with others
//   #define HWY_TARGET_INCLUDE "kernels/scale.cpp"  // this file, which is read again for each target
//   #endif
//   #include "kernels/scale.h"                      // all includes stand before HWY_BEFORE_NAMESPACE
//   #include "base/parallel.h"
//   #include "kernels/simd.h"
//
//   HWY_BEFORE_NAMESPACE();
//   namespace taper::kernels {
//   namespace HWY_NAMESPACE {
//   namespace {  // else two files' functions of one name would meet in the linker
//   // Compiled for each target, where the compiler vectorises the plain loop and std::fma may be one instruction.
//   template <class T>
//   void scale_loop(T* x, T a, std::int64_t n) {
//     for (std::int64_t i = 0; i < n; ++i) x[i] *= a;
//   }
//   void scale_float(float* x, float a, std::int64_t n) { scale_loop(x, a, n); }
//   }  // namespace
//   }  // namespace HWY_NAMESPACE
//   }  // namespace taper::kernels
//   HWY_AFTER_NAMESPACE();
//
//   #if HWY_ONCE
//   namespace taper::kernels {
//   HWY_EXPORT(scale_float);  // a table of the function for each target; it takes the name of a function, no template
//   void scale(float* x, float a, std::int64_t n) {
//     const auto loop = HWY_DYNAMIC_DISPATCH(scale_float);
//     parallel_for(0, n, 1 << 15, [&](std::int64_t begin, std::int64_t end) { loop(x + begin, a, end - begin); });
//   }
//   }  // namespace taper::kernels
//   #endif
//
// Threads stay outside: a lambda between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE needs HWY_ATTR behind its
// parameters.
#ifndef TAPER_KERNELS_SIMD_H_
#define TAPER_KERNELS_SIMD_H_
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_WASM_EMU256)
#include "kernels/targets.h"  // has to come first
#include <hwy/foreach_target.h>
// clang-format on
#endif
#include <hwy/highway.h>
