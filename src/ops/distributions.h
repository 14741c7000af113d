#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "kernels/random.h"
#include "ops/random_fill.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"

/// What each distribution takes and writes: check(op, dtype) throws for what cannot be drawn, `op` naming the caller,
/// and fill(x, generator) draws.
namespace taper::detail {

struct Uniform {
  double from = 0;
  double to = 1;

  void check(const char* op, DType dtype) const {
    if (!is_floating_point(dtype))
      throw TypeError(fmt::format("{}: uniform numbers of {}; float32 or float64 is needed", op, name(dtype)));
    const double most = dtype == float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    if (!(from >= -most && from <= most && to >= -most && to <= most))
      throw ValueError(
          fmt::format("{}: bounds {} and {} do not fit into {}; both must be finite", op, from, to, name(dtype)));
    if (from > to) throw ValueError(fmt::format("{}: from {} lies above to {}; from <= to is needed", op, from, to));
    if (!(to - from <= most))
      throw ValueError(fmt::format("{}: the range from {} to {} is too wide for {}", op, from, to, name(dtype)));
  }
  void fill(const Tensor& x, Generator& generator) const {
    dispatch_floating(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) { kernels::fill_uniform(out, n, from, to, generator); });
    });
  }
};

struct Normal {
  double mean = 0;
  double std = 1;

  void check(const char* op, DType dtype) const {
    if (!is_floating_point(dtype))
      throw TypeError(fmt::format("{}: normal numbers of {}; float32 or float64 is needed", op, name(dtype)));
    if (!(std >= 0)) throw ValueError(fmt::format("{}: std {}; std >= 0 is needed", op, std));
  }
  void fill(const Tensor& x, Generator& generator) const {
    dispatch_floating(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) {
        if (x.is_contiguous()) return kernels::fill_normal(out, n, mean, std, generator);
        for (std::int64_t i = 0; i < n; ++i) out[i] = kernels::next_normal<T>(mean, std, generator);
      });
    });
  }
};

/// The largest integer up to which the dtype holds all.
std::int64_t largest_held(DType dtype);

/// Integers base, base + 1, ... last. A floating-point dtype moves bounds that it does not hold inwards, to the next
/// that it does, and says so where it has gaps between them.
struct Integers {
  std::int64_t base;
  std::int64_t last;
  /// [low, high); ValueError where that is empty, or not all of it fits into an integer dtype.
  static Integers between(const char* op, std::int64_t low, std::int64_t high, DType dtype);
  /// [low, largest integer of the dtype], or 2^24 and 2^53 of float32 and float64.
  static Integers from(const char* op, std::int64_t low, DType dtype);

  void check(const char*, DType) const {}
  void fill(const Tensor& x, Generator& generator) const {
    dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const std::uint64_t range = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(base) + 1;
      fill_in_memory_order<T>(x,
                              [&](T* out, std::int64_t n) { kernels::fill_integers(out, n, base, range, generator); });
    });
  }
};

/// Integers of all sizes that the dtype holds, without gaps.
struct AnyInteger {
  void check(const char*, DType) const {}
  void fill(const Tensor& x, Generator& generator) const {
    dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) { kernels::fill_random(out, n, generator); });
    });
  }
};

struct Coin {
  double p;

  void check(const char* op, DType) const {
    if (!(p >= 0 && p <= 1)) throw ValueError(fmt::format("{}: probability {} is outside [0, 1]", op, p));
  }
  void fill(const Tensor& x, Generator& generator) const {
    dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) { kernels::fill_bernoulli(out, n, p, generator); });
    });
  }
};

/// Each element with its own probability, which `p`, of x's shape, holds.
struct CoinOf {
  Tensor p;  // outside the tape

  void check(const char* op, DType) const {
    if (!is_floating_point(p.dtype()))
      throw TypeError(fmt::format("{}: probabilities of {}; float32 or float64 is needed", op, name(p.dtype())));
    const Tensor row_major = contiguous(p);
    dispatch_floating(p.dtype(), [&](auto zero) {
      const auto* probability = row_major.data<decltype(zero)>();
      for (std::int64_t i = 0; i < p.numel(); ++i)
        if (!(probability[i] >= 0 && probability[i] <= 1))
          throw ValueError(fmt::format("{}: probability {} is outside [0, 1]", op, probability[i]));
    });
  }
  void fill(const Tensor& x, Generator& generator) const {
    Shape slowest_first;
    const Shape order = memory_order(x);
    for (int d = order.size() - 1; d >= 0; --d) slowest_first.push_back(order[d]);
    const Tensor probabilities = contiguous(p.permute(slowest_first));
    dispatch(x.dtype(), [&](auto zero) {
      dispatch_floating(p.dtype(), [&](auto fraction) {
        using T = decltype(zero);
        const auto* probability = probabilities.data<decltype(fraction)>();
        fill_in_memory_order<T>(
            x, [&](T* out, std::int64_t n) { kernels::fill_bernoulli(out, probability, n, generator); });
      });
    });
  }
};

}  // namespace taper::detail
