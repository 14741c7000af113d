#include "kernels/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/blocks.h"

namespace taper::kernels {
namespace {

// out[...] = op(op(start, x0), x1) ... along the middle axis.
template <class Acc, class T, class Out, class Op>
void fold(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out, Acc start, Op op) {
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    Out* to = out + row * inner + from;
    if (inner == 1) {
      Acc acc = start;
      for (std::int64_t i = 0; i < n; ++i) acc = op(acc, x[i]);
      *to = static_cast<Out>(acc);
      return;
    }
    Acc acc[column_block];
    std::fill_n(acc, width, start);
    for (std::int64_t i = 0; i < n; ++i, x += inner)
      for (std::int64_t j = 0; j < width; ++j) acc[j] = op(acc[j], x[j]);
    for (std::int64_t j = 0; j < width; ++j) to[j] = static_cast<Out>(acc[j]);
  });
}

template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, T, std::uint64_t>;

// No branches below: the compiler shall vectorise the loops.
template <bool largest, class T>
bool beyond(T x, T best) {
  return largest ? x > best : x < best;
}
template <bool largest, class T>
bool beats(T x, T best) {
  if constexpr (!std::is_floating_point_v<T>) return beyond<largest>(x, best);
  return beyond<largest>(x, best) | ((x != x) & (best == best));
}

// The position of the first x[i] that f holds for, n where there is none. A chunk is judged without a branch.
template <class T, class F>
std::int64_t first_where(const T* x, std::int64_t n, F f) {
  constexpr std::int64_t chunk = 64;
  std::int64_t i = 0;
  for (; i + chunk <= n; i += chunk) {
    bool found = false;
    for (std::int64_t j = 0; j < chunk; ++j) found |= f(x[i + j]);
    if (found) break;
  }
  while (i < n && !f(x[i])) ++i;
  return i;
}

// Independent lanes find the value, then a scan finds where it stands first.
template <bool largest, class T>
std::int64_t best_of_row(const T* x, std::int64_t n) {
  constexpr std::int64_t lanes = 16;
  if constexpr (std::is_floating_point_v<T>) {
    const std::int64_t nan = first_where(x, n, [](T v) { return v != v; });
    if (nan < n) return nan;
  }
  T value = x[0];
  std::int64_t i = 0;
  if (n >= lanes) {
    T best[lanes];
    std::copy_n(x, lanes, best);
    for (; i + lanes <= n; i += lanes)
      for (std::int64_t j = 0; j < lanes; ++j) best[j] = beyond<largest>(x[i + j], best[j]) ? x[i + j] : best[j];
    for (const T b : best) value = beyond<largest>(b, value) ? b : value;
  }
  for (; i < n; ++i) value = beyond<largest>(x[i], value) ? x[i] : value;
  return first_where(x, n, [value](T v) { return v == value; });
}

template <bool largest, class T>
void extreme(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* values, std::int64_t* indices) {
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    const std::int64_t to = row * inner + from;
    if (inner == 1) {
      const std::int64_t at = best_of_row<largest>(x, n);
      if (values) values[to] = x[at];
      if (indices) indices[to] = at;
      return;
    }
    T best[column_block];
    std::int64_t at[column_block] = {};
    std::copy_n(x, width, best);
    for (std::int64_t i = 1; i < n; ++i) {
      x += inner;
      for (std::int64_t j = 0; j < width; ++j) {
        const bool better = beats<largest>(x[j], best[j]);
        best[j] = better ? x[j] : best[j];
        at[j] = better ? i : at[j];
      }
    }
    if (values) std::copy_n(best, width, values + to);
    if (indices) std::copy_n(at, width, indices + to);
  });
}

}  // namespace

template <class T>
void sum_int(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t* out) {
  fold(in, outer, n, inner, out, std::uint64_t{0},
       [](std::uint64_t acc, T x) { return acc + static_cast<std::uint64_t>(x); });
}

template <class T, class Out>
void prod(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out) {
  fold(in, outer, n, inner, out, Wide<T>{1}, [](Wide<T> acc, T x) { return acc * static_cast<Wide<T>>(x); });
}

template <class T>
void max(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* values, std::int64_t* indices) {
  extreme<true>(in, outer, n, inner, values, indices);
}
template <class T>
void min(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* values, std::int64_t* indices) {
  extreme<false>(in, outer, n, inner, values, indices);
}

template <class T>
void any(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, bool* out) {
  fold(in, outer, n, inner, out, false, [](bool acc, T x) { return acc | (x != T{}); });
}
template <class T>
void all(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, bool* out) {
  fold(in, outer, n, inner, out, true, [](bool acc, T x) { return acc & (x != T{}); });
}

template <class T, class Out>
void cumsum(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out) {
  using Acc = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    Out* to = out + row * n * inner + from;
    Acc acc[column_block] = {};
    for (std::int64_t i = 0; i < n; ++i, x += inner, to += inner)
      for (std::int64_t j = 0; j < width; ++j) to[j] = static_cast<Out>(acc[j] += static_cast<Acc>(x[j]));
  });
}

template <class T>
void variance(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, double correction, T* var, T* mean) {
  const double count = static_cast<double>(n);
  const double divisor = std::max(0.0, count - correction);
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    double total[column_block] = {};
    double square[column_block] = {};
    if (inner == 1) {  // eight lanes, so that a row is no single chain of additions
      constexpr std::int64_t lanes = 8;
      for (std::int64_t i = 0; i < n; ++i) total[i & (lanes - 1)] += static_cast<double>(x[i]);
      for (std::int64_t j = 1; j < lanes; ++j) total[0] += total[j];
      total[0] /= count;
      for (std::int64_t i = 0; i < n; ++i) {
        const double d = static_cast<double>(x[i]) - total[0];
        square[i & (lanes - 1)] += d * d;
      }
      for (std::int64_t j = 1; j < lanes; ++j) square[0] += square[j];
    } else {
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < width; ++j) total[j] += static_cast<double>(x[i * inner + j]);
      for (std::int64_t j = 0; j < width; ++j) total[j] /= count;
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < width; ++j) {
          const double d = static_cast<double>(x[i * inner + j]) - total[j];
          square[j] += d * d;
        }
    }
    for (std::int64_t j = 0; j < width; ++j) {
      var[row * inner + from + j] = static_cast<T>(square[j] / divisor);
      if (mean) mean[row * inner + from + j] = static_cast<T>(total[j]);
    }
  });
}

using I64 = std::int64_t;
using I32 = std::int32_t;

template void sum_int(const I64*, I64, I64, I64, I64*);
template void sum_int(const I32*, I64, I64, I64, I64*);
template void sum_int(const bool*, I64, I64, I64, I64*);
template void prod(const I64*, I64, I64, I64, I64*);
template void prod(const I32*, I64, I64, I64, I64*);
template void prod(const bool*, I64, I64, I64, I64*);
template void prod(const float*, I64, I64, I64, float*);
template void prod(const double*, I64, I64, I64, double*);
template void cumsum(const I64*, I64, I64, I64, I64*);
template void cumsum(const I32*, I64, I64, I64, I64*);
template void cumsum(const bool*, I64, I64, I64, I64*);
template void cumsum(const float*, I64, I64, I64, float*);
template void cumsum(const double*, I64, I64, I64, double*);
template void max(const float*, I64, I64, I64, float*, I64*);
template void max(const double*, I64, I64, I64, double*, I64*);
template void max(const I64*, I64, I64, I64, I64*, I64*);
template void max(const I32*, I64, I64, I64, I32*, I64*);
template void max(const bool*, I64, I64, I64, bool*, I64*);
template void min(const float*, I64, I64, I64, float*, I64*);
template void min(const double*, I64, I64, I64, double*, I64*);
template void min(const I64*, I64, I64, I64, I64*, I64*);
template void min(const I32*, I64, I64, I64, I32*, I64*);
template void min(const bool*, I64, I64, I64, bool*, I64*);
template void any(const float*, I64, I64, I64, bool*);
template void any(const double*, I64, I64, I64, bool*);
template void any(const I64*, I64, I64, I64, bool*);
template void any(const I32*, I64, I64, I64, bool*);
template void any(const bool*, I64, I64, I64, bool*);
template void all(const float*, I64, I64, I64, bool*);
template void all(const double*, I64, I64, I64, bool*);
template void all(const I64*, I64, I64, I64, bool*);
template void all(const I32*, I64, I64, I64, bool*);
template void all(const bool*, I64, I64, I64, bool*);
template void variance(const float*, I64, I64, I64, double, float*, float*);
template void variance(const double*, I64, I64, I64, double, double*, double*);

}  // namespace taper::kernels
