#include "kernels/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/blocks.h"

namespace taper::kernels {
namespace {

// op over a row in lanes; op takes elements and accumulators alike.
template <class Acc, class T, class Op>
Acc fold_row(const T* x, std::int64_t n, Acc start, Op op) {
  constexpr std::int64_t lanes = 16;
  Acc total = start;
  std::int64_t i = 0;
  if (n >= lanes) {
    Acc acc[lanes];
    std::fill_n(acc, lanes, start);
    for (; i + lanes <= n; i += lanes)
      for (std::int64_t j = 0; j < lanes; ++j) acc[j] = op(acc[j], x[i + j]);
    for (const Acc a : acc) total = op(total, a);
  }
  for (; i < n; ++i) total = op(total, x[i]);
  return total;
}

// total times the product of x[0] ... x[n - 1], in the order of PyTorch's AVX2 build.
template <class T>
T times_row(T total, const T* x, std::int64_t n) {
  constexpr std::int64_t width = 32 / static_cast<std::int64_t>(sizeof(T));
  constexpr std::int64_t lanes = 4 * width;
  std::int64_t i = 0;
  if (n >= lanes) {
    T acc[lanes];
    std::copy_n(x, lanes, acc);
    for (i = lanes; i + lanes <= n; i += lanes)
      for (std::int64_t j = 0; j < lanes; ++j) acc[j] *= x[i + j];
    T product = 1;
    for (std::int64_t j = 0; j < width; ++j)
      product *= (acc[j] * acc[width + j]) * (acc[2 * width + j] * acc[3 * width + j]);
    total *= product;
  }
  for (; i < n; ++i) total *= x[i];
  return total;
}

// op(op(start, x0), x1) ... along the middle axis.
template <class Acc, class T, class Out, class Op>
void fold(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out, Acc start, Op op) {
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    Out* to = out + row * inner + from;
    if (inner == 1) {
      *to = static_cast<Out>(fold_row(x, n, start, op));
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

// A truth value as wide as T, which keeps a loop over both vectorisable.
template <class T>
using Flag =
    std::conditional_t<sizeof(T) == 8, std::int64_t, std::conditional_t<sizeof(T) == 4, std::int32_t, std::int8_t>>;

// The position of the first x[i] that f holds for, n where there is none. A chunk is judged without a branch.
template <class T, class F>
std::int64_t first_where(const T* x, std::int64_t n, F f) {
  constexpr std::int64_t chunk = 64;
  std::int64_t i = 0;
  for (; i + chunk <= n; i += chunk) {
    Flag<T> found = 0;
    for (std::int64_t j = 0; j < chunk; ++j) found = static_cast<Flag<T>>(found | (f(x[i + j]) ? 1 : 0));
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

// The same for `width` adjacent columns.
template <bool largest, class Position, class T>
void best_of_columns(const T* x, std::int64_t n, std::int64_t inner, std::int64_t width, T* values,
                     std::int64_t* indices) {
  T best[column_block];
  Position at[column_block] = {};
  std::copy_n(x, width, best);
  for (std::int64_t i = 1; i < n; ++i) {
    x += inner;
    for (std::int64_t j = 0; j < width; ++j) {
      const bool better = beats<largest>(x[j], best[j]);
      best[j] = better ? x[j] : best[j];
      at[j] = better ? static_cast<Position>(i) : at[j];
    }
  }
  if (values) std::copy_n(best, width, values);
  if (indices) std::copy_n(at, width, indices);
}

template <bool largest, class T>
void extreme(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* values, std::int64_t* indices) {
  const bool narrow = sizeof(T) == 4 && n < std::numeric_limits<std::int32_t>::max();
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    T* value = values ? values + row * inner + from : nullptr;
    std::int64_t* index = indices ? indices + row * inner + from : nullptr;
    if (inner == 1) {
      const std::int64_t at = best_of_row<largest>(x, n);
      if (value) *value = x[at];
      if (index) *index = at;
    } else if (narrow) {
      best_of_columns<largest, std::int32_t>(x, n, inner, width, value, index);
    } else {
      best_of_columns<largest, std::int64_t>(x, n, inner, width, value, index);
    }
  });
}

// The sum of f(0) ... f(n - 1) in double, in lanes, so that it is no single chain of additions.
template <class F>
double lane_sum(std::int64_t n, F f) {
  constexpr std::int64_t lanes = 16;
  double acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) acc[j] += f(i + j);
  double total = 0;
  for (const double a : acc) total += a;
  for (; i < n; ++i) total += f(i);
  return total;
}

}  // namespace

template <class T>
void sum_int(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t* out) {
  fold(in, outer, n, inner, out, std::uint64_t{0},
       [](std::uint64_t acc, auto x) { return acc + static_cast<std::uint64_t>(x); });
}

template <class T, class Out>
void prod(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out) {
  if constexpr (std::is_floating_point_v<T>)
    if (inner == 1) return prod_stretches(in, outer, 1, n, Walk::vectors, out);
  fold(in, outer, n, inner, out, Wide<T>{1}, [](Wide<T> acc, auto x) { return acc * static_cast<Wide<T>>(x); });
}

template <class T>
void prod_stretches(const T* in, std::int64_t rows, std::int64_t blocks, std::int64_t n, Walk walk, T* out) {
  for_blocks(rows, blocks * n, 1, [&](std::int64_t row, std::int64_t, std::int64_t) {
    const T* x = in + row * blocks * n;
    T total = 1;
    if (walk == Walk::vectors) {
      for (std::int64_t block = 0; block < blocks; ++block) total = times_row(total, x + block * n, n);
    } else {
      for (std::int64_t i = 0; i < blocks * n; ++i) total *= x[i];
    }
    out[row] = total;
  });
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
  fold(in, outer, n, inner, out, false, [](bool acc, auto x) { return acc | (x != decltype(x){}); });
}
template <class T>
void all(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, bool* out) {
  fold(in, outer, n, inner, out, true, [](bool acc, auto x) { return acc & (x != decltype(x){}); });
}

template <class T, class Out>
void cumsum(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, Out* out) {
  using Acc = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    Out* to = out + row * n * inner + from;
    if (inner == 1) {
      Acc acc = 0;
      for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<Out>(acc += static_cast<Acc>(x[i]));
      return;
    }
    Acc acc[column_block] = {};
    for (std::int64_t i = 0; i < n; ++i, x += inner, to += inner)
      for (std::int64_t j = 0; j < width; ++j) to[j] = static_cast<Out>(acc[j] += static_cast<Acc>(x[j]));
  });
}

template <class T>
void variance(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, double correction, T* var, T* mean,
              bool root) {
  const double count = static_cast<double>(n);
  const double divisor = std::max(0.0, count - correction);
  for_blocks(outer, n, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    const T* x = in + row * n * inner + from;
    double total[column_block] = {};
    double square[column_block] = {};
    if (inner == 1) {
      const double center = lane_sum(n, [x](std::int64_t i) { return static_cast<double>(x[i]); }) / count;
      total[0] = center;
      square[0] = lane_sum(n, [x, center](std::int64_t i) {
        const double d = static_cast<double>(x[i]) - center;
        return d * d;
      });
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
      const double spread = square[j] / divisor;
      var[row * inner + from + j] = static_cast<T>(root ? std::sqrt(spread) : spread);
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
template void prod_stretches(const float*, I64, I64, I64, Walk, float*);
template void prod_stretches(const double*, I64, I64, I64, Walk, double*);
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
template void variance(const float*, I64, I64, I64, double, float*, float*, bool);
template void variance(const double*, I64, I64, I64, double, double*, double*, bool);

}  // namespace taper::kernels
