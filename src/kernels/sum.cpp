#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sum.cpp"
#endif
#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "base/parallel.h"
#include "kernels/reduce.h"
#include "kernels/simd.h"
#include "taper/base/threads.h"

// Pairwise-like summation in four levels. Lanes are what PyTorch's 256-bit vectors hold, whatever this machine's width
// is: the order of additions is part of the result.

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
constexpr int lanes = 32 / static_cast<int>(sizeof(T));

// Rows that are added up before their sum goes into that of the next level.
inline std::int64_t block_rows(std::int64_t size, int& power) {
  constexpr int levels = 4;
  const int bits = size <= 2 ? 1 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(size - 1)));
  power = std::max(4, bits / levels);
  return std::int64_t{1} << power;
}

// to += from, from = 0.
template <class T>
HWY_INLINE void carry(T* HWY_RESTRICT from, T* HWY_RESTRICT to, std::int64_t width) {
  for (std::int64_t j = 0; j < width; ++j) to[j] += from[j];
  for (std::int64_t j = 0; j < width; ++j) from[j] = 0;
}

// Adds `size` rows to sum.
template <int width, class T>
HWY_INLINE void add_rows(const T* in, std::int64_t stride, std::int64_t size, T (&sum)[width]) {
  for (std::int64_t i = 0; i < size; ++i, in += stride)
    for (int j = 0; j < width; ++j) sum[j] += in[j];
}

// total[j] = sum over i < size of in[i * stride + j], for `width` adjacent columns.
template <int width, class T>
void cascade(const T* in, std::int64_t stride, std::int64_t size, T* total) {
  int power = 0;
  const std::int64_t step = block_rows(size, power);
  T first[width] = {};
  T upper[2][width] = {};
  std::int64_t i = 0;
  while (i + step <= size) {
    T low[width] = {};
    add_rows(in + i * stride, stride, step, low);
    for (int j = 0; j < width; ++j) first[j] += low[j];
    i += step;
    if ((i & ((step - 1) << power)) != 0) continue;
    carry(first, upper[0], width);
    if ((i & ((step - 1) << (2 * power))) == 0) carry(upper[0], upper[1], width);
  }
  T low[width] = {};
  add_rows(in + i * stride, stride, size - i, low);
  for (int j = 0; j < width; ++j) total[j] = low[j] + first[j] + upper[0][j] + upper[1][j];
}

constexpr std::int64_t tile = 512;

// The same of up to `tile` columns, row by row, as memory has them.
template <class T>
void cascade_tile(const T* in, std::int64_t stride, std::int64_t size, std::int64_t width, T* total) {
  int power = 0;
  const std::int64_t step = block_rows(size, power);
  T low[tile];
  T first[tile];
  T second[tile];
  T third[tile];
  for (T* sums : {low, first, second, third}) std::fill_n(sums, width, T(0));
  std::int64_t i = 0;
  while (i + step <= size) {
    for (const std::int64_t end = i + step; i < end; i += 4) {
      const T* row = in + i * stride;
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j)
        low[j] = (((low[j] + row[j]) + row[stride + j]) + row[2 * stride + j]) + row[3 * stride + j];
    }
    carry(low, first, width);
    if ((i & ((step - 1) << power)) != 0) continue;
    carry(first, second, width);
    if ((i & ((step - 1) << (2 * power))) == 0) carry(second, third, width);
  }
  for (; i < size; ++i)
    for (std::int64_t j = 0; j < width; ++j) low[j] += in[i * stride + j];
  for (std::int64_t j = 0; j < width; ++j) total[j] = low[j] + first[j] + second[j] + third[j];
}

// The same sums with each column in four interleaved streams: stream r takes rows 4i + r.
template <int width, class T>
void streams(const T* in, std::int64_t stride, std::int64_t size, T* total) {
  constexpr int count = 4;
  T part[count][width];
  const std::int64_t each = size / count;
  for (int r = 0; r < count; ++r) cascade<width>(in + r * stride, count * stride, each, part[r]);
  add_rows(in + each * count * stride, stride, size - each * count, part[0]);
  for (int j = 0; j < width; ++j) total[j] = part[0][j] + part[1][j] + part[2][j] + part[3][j];
}

// One row of n >= lanes<T>, in vectors in four streams: what cascade, the rest and the sum of the lanes are, all sums
// in registers.
template <class T>
T sum_vectors(const T* in, std::int64_t n) {
  constexpr int width = 4 * lanes<T>;
  const hn::CappedTag<T, width> d;
  constexpr int each = static_cast<int>(hn::MaxLanes(d));
  constexpr int count = width / each;
  using Vectors = hn::Vec<decltype(d)>[count];
  const std::int64_t size = n / width;
  int power = 0;
  const std::int64_t step = block_rows(size, power);
  Vectors low;
  Vectors upper[3];
  for (Vectors& level : upper)
    for (auto& sum : level) sum = hn::Zero(d);
  std::int64_t i = 0;
  for (;;) {
    for (auto& sum : low) sum = hn::Zero(d);
    const std::int64_t end = std::min(size, i + step);
    const bool whole = i + step == end;
    for (; i < end; ++i)
      for (int v = 0; v < count; ++v) low[v] = hn::Add(low[v], hn::LoadU(d, in + i * width + v * each));
    if (!whole) break;
    const auto carry_vectors = [&](Vectors& from, Vectors& to) HWY_ATTR {
      for (int v = 0; v < count; ++v) to[v] = hn::Add(to[v], std::exchange(from[v], hn::Zero(d)));
    };
    carry_vectors(low, upper[0]);
    if ((i & ((step - 1) << power)) != 0) continue;
    carry_vectors(upper[0], upper[1]);
    if ((i & ((step - 1) << (2 * power))) == 0) carry_vectors(upper[1], upper[2]);
  }
  T part[width];
  for (int v = 0; v < count; ++v)
    hn::StoreU(hn::Add(hn::Add(hn::Add(low[v], upper[0][v]), upper[1][v]), upper[2][v]), d, part + v * each);
  i *= width;
  for (; i + lanes<T> <= n; i += lanes<T>)
    for (int j = 0; j < lanes<T>; ++j) part[j] += in[i + j];
  T total = 0;
  for (; i < n; ++i) total += in[i];
  for (int j = 0; j < lanes<T>; ++j)
    total += part[j] + part[lanes<T> + j] + part[2 * lanes<T> + j] + part[3 * lanes<T> + j];
  return total;
}

template <class T>
void sum_rows(const T* in, std::int64_t rows, std::int64_t n, Walk walk, T* out) {
  const bool vectors = n >= lanes<T> && walk == Walk::vectors;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (vectors) {
      out[row] = sum_vectors(in + row * n, n);
    } else {
      streams<1>(in + row * n, 1, n, out + row);
    }
  }
}

// Columns [begin, end) of one [n][inner] matrix; begin is a multiple of four vectors.
template <class T>
void sum_columns(const T* in, std::int64_t n, std::int64_t inner, std::int64_t begin, std::int64_t end, Walk walk,
                 T* out) {
  constexpr int width = lanes<T>;
  std::int64_t j = begin;
  if (inner >= width && walk == Walk::vectors) {
    while (j + 4 * width <= end) {
      const std::int64_t count = std::min(tile, (end - j) / (4 * width) * (4 * width));
      cascade_tile(in + j, inner, n, count, out + j);
      j += count;
    }
    for (; j + width <= end; j += width) streams<width>(in + j, inner, n, out + j);
  } else {
    for (; j + 4 <= end; j += 4) cascade<4>(in + j, inner, n, out + j);
  }
  if (end - j >= 4) streams<4>(in + j, inner, n, out + j), j += 4;
  if (end - j >= 2) streams<2>(in + j, inner, n, out + j), j += 2;
  if (end > j) streams<1>(in + j, inner, n, out + j);
}

void sum_rows_float(const float* in, std::int64_t rows, std::int64_t n, Walk walk, float* out) {
  sum_rows(in, rows, n, walk, out);
}
void sum_rows_double(const double* in, std::int64_t rows, std::int64_t n, Walk walk, double* out) {
  sum_rows(in, rows, n, walk, out);
}
void sum_columns_float(const float* in, std::int64_t n, std::int64_t inner, std::int64_t begin, std::int64_t end,
                       Walk walk, float* out) {
  sum_columns(in, n, inner, begin, end, walk, out);
}
void sum_columns_double(const double* in, std::int64_t n, std::int64_t inner, std::int64_t begin, std::int64_t end,
                        Walk walk, double* out) {
  sum_columns(in, n, inner, begin, end, walk, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(sum_rows_float);
HWY_EXPORT(sum_rows_double);
HWY_EXPORT(sum_columns_float);
HWY_EXPORT(sum_columns_double);

constexpr std::int64_t piece = 1 << 15;  // elements
constexpr std::int64_t column_group = 32;
constexpr std::int64_t tile_groups = 16;  // 512 columns

template <class T>
constexpr bool is_float = sizeof(T) == sizeof(float);

}  // namespace

template <class T>
void sum(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out, Walk walk) {
  const std::int64_t length = std::max<std::int64_t>(n, 1);
  if (inner == 1) {
    parallel_for(0, outer, std::max<std::int64_t>(1, piece / length), [&](std::int64_t b, std::int64_t e) {
      if constexpr (is_float<T>) {
        HWY_DYNAMIC_DISPATCH(sum_rows_float)(in + b * n, e - b, n, walk, out + b);
      } else {
        HWY_DYNAMIC_DISPATCH(sum_rows_double)(in + b * n, e - b, n, walk, out + b);
      }
    });
    return;
  }
  const auto columns = [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
    if constexpr (is_float<T>) {
      HWY_DYNAMIC_DISPATCH(sum_columns_float)(in + row * n * inner, n, inner, begin, end, walk, out + row * inner);
    } else {
      HWY_DYNAMIC_DISPATCH(sum_columns_double)(in + row * n * inner, n, inner, begin, end, walk, out + row * inner);
    }
  };
  const std::int64_t groups = (inner + column_group - 1) / column_group;
  // As many columns as a tile has or a thread gets; what a piece is does not show in the sums.
  const std::int64_t side_by_side = std::min(tile_groups, (groups + get_num_threads() - 1) / get_num_threads());
  parallel_for(
      0, outer * groups, std::max(side_by_side, piece / (length * column_group)), [&](std::int64_t b, std::int64_t e) {
        while (b < e) {
          const std::int64_t row = b / groups;
          const std::int64_t stop = std::min(e, (row + 1) * groups);
          columns(row, (b - row * groups) * column_group, std::min(inner, (stop - row * groups) * column_group));
          b = stop;
        }
      });
}

template void sum(const float*, std::int64_t, std::int64_t, std::int64_t, float*, Walk);
template void sum(const double*, std::int64_t, std::int64_t, std::int64_t, double*, Walk);

}  // namespace taper::kernels
#endif
