#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sum.cpp"
#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/parallel.h"
#include "kernels/reduce.h"
#include "kernels/simd.h"

// Pairwise-like summation in four levels. Lanes are what PyTorch's 256-bit vectors hold, whatever this machine's width
// is: the order of additions is part of the result.

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
constexpr std::int64_t lanes = 32 / static_cast<std::int64_t>(sizeof(T));

// total[j] = sum over i < size of in[i * stride + j], for `width` adjacent columns.
template <int width, class T>
void cascade(const T* in, std::int64_t stride, std::int64_t size, T* total) {
  constexpr int levels = 4;
  const int bits = size <= 2 ? 1 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(size - 1)));
  const int power = std::max(4, bits / levels);
  const std::int64_t step = std::int64_t{1} << power;
  T acc[levels][width] = {};
  std::int64_t i = 0;
  while (i + step <= size) {
    T low[width] = {};
    for (const std::int64_t end = i + step; i < end; ++i)
      for (int j = 0; j < width; ++j) low[j] += in[i * stride + j];
    for (int j = 0; j < width; ++j) acc[0][j] = low[j];
    for (int level = 1; level < levels; ++level) {
      for (int j = 0; j < width; ++j) acc[level][j] += acc[level - 1][j];
      for (int j = 0; j < width; ++j) acc[level - 1][j] = 0;
      if ((i & ((step - 1) << (level * power))) != 0) break;
    }
  }
  for (; i < size; ++i)
    for (int j = 0; j < width; ++j) acc[0][j] += in[i * stride + j];
  for (int j = 0; j < width; ++j) total[j] = acc[0][j] + acc[1][j] + acc[2][j] + acc[3][j];
}

// The same sums of `width` columns, each in four interleaved streams: stream r takes rows 4i + r.
template <int width, class T>
void streams(const T* in, std::int64_t stride, std::int64_t size, T* total) {
  constexpr int count = 4;
  T part[count][width];
  const std::int64_t each = size / count;
  if (stride == width) {
    cascade<count * width>(in, count * stride, each, part[0]);
  } else {
    for (int r = 0; r < count; ++r) cascade<width>(in + r * stride, count * stride, each, part[r]);
  }
  for (std::int64_t i = each * count; i < size; ++i)
    for (int j = 0; j < width; ++j) part[0][j] += in[i * stride + j];
  for (int j = 0; j < width; ++j) total[j] = part[0][j] + part[1][j] + part[2][j] + part[3][j];
}

template <class T>
void sum_rows(const T* in, std::int64_t rows, std::int64_t n, Walk walk, T* out) {
  constexpr int width = lanes<T>;
  for (std::int64_t row = 0; row < rows; ++row, in += n) {
    if (n < width || walk != Walk::vectors) {
      streams<1>(in, 1, n, &out[row]);
      continue;
    }
    const std::int64_t groups = n / width;
    T part[width];
    streams<width>(in, width, groups, part);
    T total = 0;
    for (std::int64_t i = groups * width; i < n; ++i) total += in[i];
    for (int j = 0; j < width; ++j) total += part[j];
    out[row] = total;
  }
}

// Columns [begin, end) of one [n][inner] matrix; begin is a multiple of four vectors.
template <class T>
void sum_columns(const T* in, std::int64_t n, std::int64_t inner, std::int64_t begin, std::int64_t end, Walk walk,
                 T* out) {
  constexpr int width = lanes<T>;
  std::int64_t j = begin;
  if (inner >= width && walk == Walk::vectors) {
    for (; j + 4 * width <= end; j += 4 * width) cascade<4 * width>(in + j, inner, n, out + j);
    for (; j + width <= end; j += width) streams<width>(in + j, inner, n, out + j);
  } else {
    for (; j + 4 <= end; j += 4) cascade<4>(in + j, inner, n, out + j);
  }
  for (; j < end; ++j) streams<1>(in + j, inner, n, out + j);
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
  parallel_for(0, outer * groups, std::max<std::int64_t>(1, piece / (length * column_group)),
               [&](std::int64_t b, std::int64_t e) {
                 while (b < e) {
                   const std::int64_t row = b / groups;
                   const std::int64_t stop = std::min(e, (row + 1) * groups);
                   columns(row, (b - row * groups) * column_group,
                           std::min(inner, (stop - row * groups) * column_group));
                   b = stop;
                 }
               });
}

template void sum(const float*, std::int64_t, std::int64_t, std::int64_t, float*, Walk);
template void sum(const double*, std::int64_t, std::int64_t, std::int64_t, double*, Walk);

}  // namespace taper::kernels
#endif
