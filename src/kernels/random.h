// Filling memory with random numbers, element by element what PyTorch's CPU kernels give for the same generator (the
// AVX2 build's bits, on every machine). Every fill is serial: results do not depend on the number of threads. Ranges
// are the caller's to check, and the default generator's lock is the caller's to take.
#pragma once

#include <cstdint>

#include "taper/base/generator.h"

namespace taper::kernels {

/// from + x * (to - from), fused, for x uniform in [0, 1) with all bits of T. T is float or double.
template <class T>
void fill_uniform(T* out, std::int64_t n, double from, double to, Generator& generator);

/// Normal samples for contiguous memory: whole blocks from 16 elements on, else one by one. T is float or double.
template <class T>
void fill_normal(T* out, std::int64_t n, double mean, double std, Generator& generator);

/// One normal sample, as tensors that are small or not contiguous get them in turn; the second of each pair waits in
/// the generator.
template <class T>
T next_normal(double mean, double std, Generator& generator);

/// Integers of [low, high), low < high, cast to T: float, double, int64_t, int32_t or bool.
template <class T>
void fill_randint(T* out, std::int64_t n, std::int64_t low, std::int64_t high, Generator& generator);

/// Integers base, base + 1, ... of which there are `range`, 0 meaning 2^64; T as for fill_randint.
template <class T>
void fill_integers(T* out, std::int64_t n, std::int64_t base, std::uint64_t range, Generator& generator);

/// Integers from 0 to the largest of T, or to 2^24 for float and 2^53 for double; T as for fill_randint.
template <class T>
void fill_random(T* out, std::int64_t n, Generator& generator);

/// Computed in double and cast to T, which is float or double, or for geometric numbers an integer as well.
template <class T>
void fill_exponential(T* out, std::int64_t n, double lambda, Generator& generator);
template <class T>
void fill_log_normal(T* out, std::int64_t n, double mean, double std, Generator& generator);
template <class T>
void fill_cauchy(T* out, std::int64_t n, double median, double sigma, Generator& generator);
template <class T>
void fill_geometric(T* out, std::int64_t n, double p, Generator& generator);

/// `samples` categories of n, drawn with the probabilities p, which need not sum up to 1.
/// T is float or double; `cumulative` is room for n of them.
template <class T>
void draw_with_replacement(const T* p, std::int64_t n, std::int64_t* out, std::int64_t samples, T* cumulative,
                           Generator& generator);

/// The places of the `count` largest of n scores, falling; which of equal ones comes first is the C++ library's choice,
/// as it is in PyTorch. NaN is the largest.
template <class T>
void largest(const T* scores, std::int64_t n, std::int64_t* out, std::int64_t count);

/// The numbers 0 .. n-1 in random order.
void fill_randperm(std::int64_t* out, std::int64_t n, Generator& generator);

/// 1 with probability p, else 0. T as for fill_randint.
template <class T>
void fill_bernoulli(T* out, std::int64_t n, double p, Generator& generator);

/// 1 with probability p[i], else 0. P is float or double and decides which draw is taken.
template <class T, class P>
void fill_bernoulli(T* out, const P* p, std::int64_t n, Generator& generator);

}  // namespace taper::kernels
