#pragma once

#include <cstdint>

// Reductions over the middle axis of contiguous [outer][n][inner]; the result is [outer][inner]. Results do not depend
// on the number of threads.
namespace taper::kernels {

/// How PyTorch's build walks what it sums: in vectors or, where numbers do not lie side by side in its memory, one row
/// or four columns at a time.
enum class Walk { vectors, fours };

/// Sums in the order of PyTorch's AVX2 build on one thread, so with its bits. T is float or double.
template <class T>
void sum(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out, Walk walk = Walk::vectors);

/// Sums of int64_t, int32_t or bool, modulo 2^64.
template <class T>
void sum_int(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t* out);

/// Products. T and Out are float or double alike, with the bits of PyTorch's AVX2 build, or Out is int64_t and T
/// int64_t, int32_t or bool.
template <class T, class Out>
void prod(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out);
/// The same of rows that are `blocks` stretches of n numbers each, which PyTorch takes one after the other.
template <class T>
void prod_stretches(const T* in, std::int64_t rows, std::int64_t blocks, std::int64_t n, Walk walk, T* out);

/// The largest (smallest) value and the position of its first occurrence; a NaN counts as larger (smaller) than all
/// else. n is at least 1; either result may be null. Any of the five element types.
template <class T>
void max(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* values, std::int64_t* indices);
template <class T>
void min(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* values, std::int64_t* indices);

/// Whether any (all) of the values differ from zero; NaN does. Any of the five element types.
template <class T>
void any(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, bool* out);
template <class T>
void all(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, bool* out);

/// Running sums; the result has the input's shape. float adds up in double. T and Out as for prod.
template <class T, class Out>
void cumsum(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out);

/// sum((x - mean)^2) / max(0, n - correction) or its square root, in double in two passes; NaN for n = 0. `mean` may be
/// null.
template <class T>
void variance(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, double correction, T* var, T* mean,
              bool root = false);

/// The p-norm: sqrt(sum x^2) for 2, number of non-zeros for 0, largest and smallest |x| for inf and -inf (n at least
/// 1), (sum |x|^p)^(1/p) otherwise. Where inner is 1 it has the bits of PyTorch's AVX2 build.
template <class T>
void norm(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, double p, T* out);

}  // namespace taper::kernels
