#include "kernels/index.h"

#include <cmath>
#include <cstring>
#include <type_traits>

#include "kernels/blocks.h"
#include "kernels/rows.h"

namespace taper::kernels {
namespace {

template <class T>
T wrapping_sum(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    using Wrap = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Wrap>(a) + static_cast<Wrap>(b));
  }
}

template <class T>
T scaled_sum(T a, T b, T scale) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fma(b, scale, a);
  } else {
    using Wrap = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Wrap>(a) + static_cast<Wrap>(b) * static_cast<Wrap>(scale));
  }
}

// Calls f(out[o][index][j], src[o][i][j]) for every element of the index; each column is gone through by one thread.
template <class T, class S, class F>
void for_each_indexed(T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* index,
                      std::int64_t count, S* src, F f) {
  for_blocks(outer, count, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    T* to = out + row * n * inner + from;
    const std::int64_t at = row * count * inner + from;
    for (std::int64_t i = 0; i < count; ++i)
      for (std::int64_t j = 0; j < width; ++j) f(to[index[at + i * inner + j] * inner + j], src[at + i * inner + j]);
  });
}

}  // namespace

template <class Index>
void index_select(const void* in, std::int64_t outer, std::int64_t n, std::int64_t block_bytes, const Index* index,
                  std::int64_t count, void* out) {
  for (std::int64_t o = 0; o < outer; ++o) {
    gather_rows(static_cast<const char*>(in) + o * n * block_bytes, block_bytes, index, count,
                static_cast<char*>(out) + o * count * block_bytes);
  }
}

template <class Index>
void index_copy(void* out, std::int64_t outer, std::int64_t n, std::int64_t block_bytes, const Index* index,
                std::int64_t count, const void* src) {
  if (block_bytes == 0) return;
  const char* from = static_cast<const char*>(src);
  for (std::int64_t o = 0; o < outer; ++o) {
    char* to = static_cast<char*>(out) + o * n * block_bytes;
    for (std::int64_t i = 0; i < count; ++i, from += block_bytes)
      std::memcpy(to + static_cast<std::int64_t>(index[i]) * block_bytes, from, static_cast<std::size_t>(block_bytes));
  }
}

template <class T, class Index>
void index_add(T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, const Index* index, std::int64_t count,
               const T* src, T alpha) {
  if constexpr (std::is_floating_point_v<T>) {
    if (outer == 1) return add_rows(out, inner, index, count, src, static_cast<double>(alpha));
  }
  for_blocks(outer, count, inner, [&](std::int64_t row, std::int64_t from, std::int64_t width) {
    T* to = out + row * n * inner + from;
    const T* x = src + row * count * inner + from;
    for (std::int64_t i = 0; i < count; ++i, x += inner) {
      T* line = to + static_cast<std::int64_t>(index[i]) * inner;
      if (alpha == T{1}) {
        for (std::int64_t j = 0; j < width; ++j) line[j] = wrapping_sum(line[j], x[j]);
      } else {
        for (std::int64_t j = 0; j < width; ++j) line[j] = scaled_sum(line[j], x[j], alpha);
      }
    }
  });
}

template <class T>
void gather(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* index,
            std::int64_t count, T* out) {
  for_each_indexed(in, outer, n, inner, index, count, out, [](const T& from, T& to) { to = from; });
}

template <class T>
void scatter_add(T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* index,
                 std::int64_t count, const T* src) {
  for_each_indexed(out, outer, n, inner, index, count, src, [](T& to, const T& x) { to = wrapping_sum(to, x); });
}

template <class T>
void scatter(T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* index,
             std::int64_t count, const T* src) {
  for_each_indexed(out, outer, n, inner, index, count, src, [](T& to, const T& x) { to = x; });
}

using I64 = std::int64_t;
using I32 = std::int32_t;
template void index_select(const void*, I64, I64, I64, const I64*, I64, void*);
template void index_select(const void*, I64, I64, I64, const I32*, I64, void*);
template void index_copy(void*, I64, I64, I64, const I64*, I64, const void*);
template void index_copy(void*, I64, I64, I64, const I32*, I64, const void*);
template void index_add(float*, I64, I64, I64, const I64*, I64, const float*, float);
template void index_add(float*, I64, I64, I64, const I32*, I64, const float*, float);
template void index_add(double*, I64, I64, I64, const I64*, I64, const double*, double);
template void index_add(double*, I64, I64, I64, const I32*, I64, const double*, double);
template void index_add(I64*, I64, I64, I64, const I64*, I64, const I64*, I64);
template void index_add(I64*, I64, I64, I64, const I32*, I64, const I64*, I64);
template void index_add(I32*, I64, I64, I64, const I64*, I64, const I32*, I32);
template void index_add(I32*, I64, I64, I64, const I32*, I64, const I32*, I32);
template void gather(const float*, I64, I64, I64, const I64*, I64, float*);
template void gather(const double*, I64, I64, I64, const I64*, I64, double*);
template void gather(const I64*, I64, I64, I64, const I64*, I64, I64*);
template void gather(const I32*, I64, I64, I64, const I64*, I64, I32*);
template void gather(const bool*, I64, I64, I64, const I64*, I64, bool*);
template void scatter_add(float*, I64, I64, I64, const I64*, I64, const float*);
template void scatter_add(double*, I64, I64, I64, const I64*, I64, const double*);
template void scatter_add(I64*, I64, I64, I64, const I64*, I64, const I64*);
template void scatter_add(I32*, I64, I64, I64, const I64*, I64, const I32*);
template void scatter(float*, I64, I64, I64, const I64*, I64, const float*);
template void scatter(double*, I64, I64, I64, const I64*, I64, const double*);
template void scatter(I64*, I64, I64, I64, const I64*, I64, const I64*);
template void scatter(I32*, I64, I64, I64, const I64*, I64, const I32*);
template void scatter(bool*, I64, I64, I64, const I64*, I64, const bool*);

}  // namespace taper::kernels
