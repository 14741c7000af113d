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

/// The numbers 0 .. n-1 in random order.
void fill_randperm(std::int64_t* out, std::int64_t n, Generator& generator);

/// 1 with probability p, else 0. T as for fill_randint.
template <class T>
void fill_bernoulli(T* out, std::int64_t n, double p, Generator& generator);

/// 1 with probability p[i], else 0. P is float or double and decides which draw is taken.
template <class T, class P>
void fill_bernoulli(T* out, const P* p, std::int64_t n, Generator& generator);

}  // namespace taper::kernels
