#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/packed_product.cpp"
#endif
#include "kernels/packed_product.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "kernels/simd.h"

#ifndef TAPER_KERNELS_PACKED_PRODUCT_SIZES_
#define TAPER_KERNELS_PACKED_PRODUCT_SIZES_
namespace taper::kernels {
namespace {

using I64 = std::int64_t;

// The columns of a panel: packed, all rows of some columns stand together.
template <class T>
constexpr I64 panel_columns = 128 / static_cast<I64>(sizeof(T));

// Rows of a panel that are done before the next panel's, so that they stay in the first cache: 16 kB.
constexpr I64 most_terms = 128;

}  // namespace
}  // namespace taper::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// `rows` rows of C by some vectors of columns of a panel, all in registers, over k rows of the panel.
#if HWY_NATIVE_FMA

template <class T>
using Tag = hn::CappedTag<T, static_cast<std::size_t>(panel_columns<T> / 2)>;
template <class T>
constexpr I64 block_columns = 2 * static_cast<I64>(hn::MaxLanes(Tag<T>()));
constexpr int block_rows = HWY_MAX_BYTES >= 64 ? 8 : 4;

template <class T, int rows>
void block(I64 k, const T* HWY_RESTRICT a, I64 a_down, const T* HWY_RESTRICT b, bool add, T* HWY_RESTRICT c,
           I64 c_down) {
  const Tag<T> d;
  constexpr I64 lanes = static_cast<I64>(hn::MaxLanes(d));
  hn::Vec<Tag<T>> left[rows];
  hn::Vec<Tag<T>> right[rows];
#pragma GCC unroll 8  // else the sums go through memory
  for (int r = 0; r < rows; ++r) {
    left[r] = add ? hn::LoadU(d, c + r * c_down) : hn::Zero(d);
    right[r] = add ? hn::LoadU(d, c + r * c_down + lanes) : hn::Zero(d);
  }
  for (I64 p = 0; p < k; ++p, b += panel_columns<T>) {
    const auto b_left = hn::LoadU(d, b);
    const auto b_right = hn::LoadU(d, b + lanes);
    for (int r = 0; r < rows; ++r) {
      const auto x = hn::Set(d, a[r * a_down + p]);
      left[r] = hn::MulAdd(x, b_left, left[r]);
      right[r] = hn::MulAdd(x, b_right, right[r]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    hn::StoreU(left[r], d, c + r * c_down);
    hn::StoreU(right[r], d, c + r * c_down + lanes);
  }
}

#else  // the same numbers by plain loops: std::fma may be a call here

template <class T>
constexpr I64 block_columns = panel_columns<T>;
constexpr int block_rows = 1;

template <class T, int rows>
void block(I64 k, const T* a, I64, const T* b, bool add, T* c, I64) {
  for (I64 j = 0; j < block_columns<T>; ++j) {
    T sum = add ? c[j] : T{0};
    for (I64 p = 0; p < k; ++p) sum = std::fma(a[p], b[p * panel_columns<T> + j], sum);
    c[j] = sum;
  }
}

#endif

// The same for the first `count` columns alone.
template <class T, int rows>
void part(I64 count, I64 k, const T* a, I64 a_down, const T* b, bool add, T* c, I64 c_down) {
  constexpr I64 width = block_columns<T>;
  if (count >= width) return block<T, rows>(k, a, a_down, b, add, c, c_down);
  alignas(64) T whole[static_cast<std::size_t>(rows * width)] = {};
  for (int r = 0; r < rows; ++r) std::copy_n(c + r * c_down, count, whole + r * width);
  block<T, rows>(k, a, a_down, b, add, whole, width);
  for (int r = 0; r < rows; ++r) std::copy_n(whole + r * width, count, c + r * c_down);
}

template <class T>
void product(I64 m, I64 n, I64 k, const T* a, I64 a_down, const T* packed, bool add, T* c, I64 c_down) {
  for (I64 from = 0; from < std::max<I64>(k, 1); from += most_terms) {
    const I64 terms = std::min(most_terms, k - from);
    const bool onto = add || from > 0;
    for (I64 j = 0; j < n; j += block_columns<T>) {
      const T* b = packed + (j / panel_columns<T> * k + from) * panel_columns<T> + j % panel_columns<T>;
      I64 i = 0;
      for (; i + block_rows <= m; i += block_rows)
        part<T, block_rows>(n - j, terms, a + i * a_down + from, a_down, b, onto, c + i * c_down + j, c_down);
      for (; i < m; ++i) part<T, 1>(n - j, terms, a + i * a_down + from, a_down, b, onto, c + i * c_down + j, c_down);
    }
  }
}

void product_float(I64 m, I64 n, I64 k, const float* a, I64 a_down, const float* packed, bool add, float* c,
                   I64 c_down) {
  product(m, n, k, a, a_down, packed, add, c, c_down);
}
void product_double(I64 m, I64 n, I64 k, const double* a, I64 a_down, const double* packed, bool add, double* c,
                    I64 c_down) {
  product(m, n, k, a, a_down, packed, add, c, c_down);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {

HWY_EXPORT(product_float);
HWY_EXPORT(product_double);

I64 packed_size(I64 k, I64 n) { return k * ((n + 31) / 32 * 32); }

template <class T>
void pack(I64 k, I64 n, const Laid<T>& b, T* packed) {
  constexpr I64 width = panel_columns<T>;
  constexpr I64 strip = 16;  // rows: of a matrix that lies column by column, a cache line
  for (I64 j = 0; j < n; j += width, packed += k * width) {
    const I64 count = std::min(width, n - j);
    if (b.across == 1 && count == width) {
      for (I64 p = 0; p < k; ++p) std::copy_n(b.at(p, j), width, packed + p * width);
      continue;
    }
    for (I64 from = 0; from < k; from += strip) {
      const I64 some = std::min(strip, k - from);
      T* to = packed + from * width;
      if (count < width) std::fill_n(to, some * width, T{0});
      for (I64 l = 0; l < count; ++l) {
        const T* column = b.at(from, j + l);
        for (I64 p = 0; p < some; ++p) to[p * width + l] = column[p * b.down];
      }
    }
  }
}

template <class T>
void packed_product(I64 m, I64 n, I64 k, const T* a, I64 a_down, const T* packed, bool add, T* c, I64 c_down) {
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(product_float)(m, n, k, a, a_down, packed, add, c, c_down);
  } else {
    HWY_DYNAMIC_DISPATCH(product_double)(m, n, k, a, a_down, packed, add, c, c_down);
  }
}

template void pack(I64, I64, const Laid<float>&, float*);
template void pack(I64, I64, const Laid<double>&, double*);
template void packed_product(I64, I64, I64, const float*, I64, const float*, bool, float*, I64);
template void packed_product(I64, I64, I64, const double*, I64, const double*, bool, double*, I64);

}  // namespace taper::kernels
#endif
