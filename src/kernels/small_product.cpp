#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/small_product.cpp"
#endif
#include "kernels/small_product.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "kernels/simd.h"

#ifndef TAPER_KERNELS_SMALL_PRODUCT_SIZES_
#define TAPER_KERNELS_SMALL_PRODUCT_SIZES_
namespace taper::kernels {
namespace {

using I64 = std::int64_t;

constexpr I64 most_terms = 256;  // k, so that a packed panel fits the stack
// In multiplications. Where a BLAS has kernels for small matrices, as OpenBLAS has for AVX-512, it is level with these
// at 10 x 10 x 10; elsewhere far later.
constexpr I64 most_work = 1 << 10;
constexpr I64 most_lane_work = 1 << 14;
constexpr I64 longest_side = 32;

// The numbers in 64 bytes: the columns of a panel, and the lanes of a sum along k.
template <class T>
constexpr I64 wide = 64 / static_cast<I64>(sizeof(T));

// Whether the elements are summed in lanes along k: both operands lie so, and packing the right one, which summing
// along its columns would take, would cost more than the product.
template <class T>
bool sums_in_lanes(const Product<T>& x) {
  return (x.a.across == 1 || x.k == 1) && x.b.down == 1 && x.b.across != 1 && 8 * x.m <= x.k;
}

// What becomes of a row of sums.
template <class T>
void finish(const Product<T>& x, I64 i, I64 j, I64 count, const T* sums) {
  T* out = x.c + i * x.c_down + j;
  if (x.beta == T{0}) {
    for (I64 l = 0; l < count; ++l) out[l] = x.alpha * sums[l];
    return;
  }
  const T* base = x.base.at(i, j);
  for (I64 l = 0; l < count; ++l) out[l] = x.alpha * sums[l] + x.beta * base[l * x.base.across];
}

}  // namespace
}  // namespace taper::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_NATIVE_FMA

// `count` numbers, or a whole vector of them; what is not there counts as 0.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_some(D d, const T* from, I64 count) {
  if (count >= static_cast<I64>(hn::MaxLanes(d))) return hn::LoadU(d, from);
  if constexpr (HWY_MEM_OPS_MIGHT_FAULT == 0) {
    return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(std::max<I64>(count, 0))), d, from);
  } else {
    alignas(64) T some[hn::MaxLanes(d)] = {};
    for (I64 l = 0; l < count; ++l) some[l] = from[l];
    return hn::Load(d, some);
  }
}

template <class D, class T>
HWY_INLINE void store_some(hn::Vec<D> v, D d, T* to, I64 count) {
  if (count >= static_cast<I64>(hn::MaxLanes(d))) return hn::StoreU(v, d, to);
  if constexpr (HWY_MEM_OPS_MIGHT_FAULT == 0) {
    hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(std::max<I64>(count, 0))), d, to);
  } else {
    alignas(64) T some[hn::MaxLanes(d)];
    hn::Store(v, d, some);
    for (I64 l = 0; l < count; ++l) to[l] = some[l];
  }
}

// What becomes of a vector of sums.
template <class D, class T>
HWY_INLINE void store_row(D d, const Product<T>& x, I64 i, I64 j, I64 count, hn::Vec<D> sums) {
  T* out = x.c + i * x.c_down + j;
  if (x.beta == T{0}) {
    if (x.alpha != T{1}) sums = hn::Mul(hn::Set(d, x.alpha), sums);
    return store_some(sums, d, out, count);
  }
  const T* from = x.base.at(i, j);
  if (x.base.across > 1) {
    alignas(64) T row[hn::MaxLanes(d)];
    hn::Store(sums, d, row);
    return finish(x, i, j, std::min<I64>(count, static_cast<I64>(hn::MaxLanes(d))), row);
  }
  const hn::Vec<D> base = x.base.across == 0 ? hn::Set(d, *from) : load_some(d, from, count);
  store_some(hn::Add(hn::Mul(hn::Set(d, x.alpha), sums), hn::Mul(hn::Set(d, x.beta), base)), d, out, count);
}

// Eight rows of sums at once, or as many as the registers hold.
template <class T, I64 width>
constexpr int most_rows = width* static_cast<I64>(sizeof(T)) <= HWY_MAX_BYTES ? 8 : 4;

template <class T, I64 width, int rows, bool part>
void sum_block(const Product<T>& x, I64 i, I64 j, I64 count, const T* b, I64 b_down) {
  const hn::CappedTag<T, static_cast<std::size_t>(width)> d;
  using V = hn::Vec<decltype(d)>;
  constexpr I64 lanes = static_cast<I64>(hn::MaxLanes(d));
  constexpr I64 vectors = width / lanes;
  V sums[rows][vectors];
  for (int r = 0; r < rows; ++r)
    for (I64 v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
  const auto mask = hn::FirstN(d, static_cast<std::size_t>(part ? count : lanes));  // parts have one vector
  const T* a = x.a.at(i, 0);
  for (I64 p = 0; p < x.k; ++p, a += x.a.across, b += b_down) {
    V right[vectors];
    for (I64 v = 0; v < vectors; ++v) right[v] = part ? hn::MaskedLoad(mask, d, b) : hn::LoadU(d, b + v * lanes);
    for (int r = 0; r < rows; ++r) {
      const V left = hn::Set(d, a[r * x.a.down]);
      for (I64 v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(left, right[v], sums[r][v]);
    }
  }
  for (int r = 0; r < rows; ++r)
    for (I64 v = 0; v < vectors; ++v) store_row(d, x, i + r, j + v * lanes, count - v * lanes, sums[r][v]);
}

// `count` columns of the product, of which the panel b has `width`.
template <class T, I64 width, bool part>
void sum_panel(const Product<T>& x, I64 j, I64 count, const T* b, I64 b_down) {
  I64 i = 0;
  if constexpr (most_rows<T, width> == 8)
    for (; i + 8 <= x.m; i += 8) sum_block<T, width, 8, part>(x, i, j, count, b, b_down);
  for (; i + 4 <= x.m; i += 4) sum_block<T, width, 4, part>(x, i, j, count, b, b_down);
  for (; i + 2 <= x.m; i += 2) sum_block<T, width, 2, part>(x, i, j, count, b, b_down);
  if (i < x.m) sum_block<T, width, 1, part>(x, i, j, count, b, b_down);
}

template <class T, I64 width>
void panel(const Product<T>& x, I64 j, I64 count) {
  const T* b = x.b.at(0, j);
  const bool contiguous = x.b.across == 1;
  if (contiguous && count == width) return sum_panel<T, width, false>(x, j, count, b, x.b.down);
  if constexpr (HWY_MEM_OPS_MIGHT_FAULT == 0 && width * sizeof(T) <= HWY_MAX_BYTES)
    if (contiguous) return sum_panel<T, width, true>(x, j, count, b, x.b.down);
  alignas(64) T packed[most_terms * width];
  for (I64 l = 0; l < count; ++l)
    for (I64 p = 0; p < x.k; ++p) packed[p * width + l] = b[p * x.b.down + l * x.b.across];
  for (I64 p = 0; count < width && p < x.k; ++p)
    for (I64 l = count; l < width; ++l) packed[p * width + l] = T{0};
  sum_panel<T, width, false>(x, j, count, packed, width);
}

template <class T>
void along_columns(const Product<T>& x) {
  I64 j = 0;
  for (; j + wide<T> <= x.n; j += wide<T>) panel<T, wide<T>>(x, j, wide<T>);
  const I64 left = x.n - j;
  if (left > wide<T> / 2) return panel<T, wide<T>>(x, j, left);
  if (left > wide<T> / 4) return panel<T, wide<T> / 2>(x, j, left);
  if (left > 0) panel<T, wide<T> / 4>(x, j, left);
}

template <class D, class V, class T>
HWY_INLINE void store_folded(D d, V sum, T* out) {
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    store_folded(half, hn::Add(hn::LowerHalf(half, sum), hn::UpperHalf(half, sum)), out);
  } else {
    hn::StoreU(sum, d, out);
  }
}

// `columns` sums over the products of one row of A with columns of B: 64 bytes of lanes, of which those that are half
// as many apart are added until there is one. Zeros fill the last.
template <class T, int columns>
HWY_INLINE void lane_sum(I64 k, const T* a, const T* b, I64 b_across, T* out) {
  const hn::CappedTag<T, static_cast<std::size_t>(wide<T>)> d;
  using V = hn::Vec<decltype(d)>;
  constexpr I64 lanes = static_cast<I64>(hn::MaxLanes(d));
  constexpr I64 vectors = wide<T> / lanes;
  V sums[columns][vectors];
  for (int c = 0; c < columns; ++c)
    for (I64 v = 0; v < vectors; ++v) sums[c][v] = hn::Zero(d);
  I64 p = 0;
  for (; p + wide<T> <= k; p += wide<T>) {
    for (I64 v = 0; v < vectors; ++v) {
      const V left = hn::LoadU(d, a + p + v * lanes);
      for (int c = 0; c < columns; ++c)
        sums[c][v] = hn::MulAdd(left, hn::LoadU(d, b + c * b_across + p + v * lanes), sums[c][v]);
    }
  }
  if (p < k) {
    for (I64 v = 0; v < vectors; ++v, p += lanes) {
      const V left = load_some(d, a + p, k - p);
      for (int c = 0; c < columns; ++c)
        sums[c][v] = hn::MulAdd(left, load_some(d, b + c * b_across + p, k - p), sums[c][v]);
    }
  }
  for (int c = 0; c < columns; ++c) {
    for (I64 some = vectors / 2; some > 0 && some * lanes >= 4; some /= 2)
      for (I64 v = 0; v < some; ++v) sums[c][v] = hn::Add(sums[c][v], sums[c][v + some]);
    alignas(64) T four[4];
    store_folded(d, sums[c][0], four);
    if constexpr (lanes < 4) hn::StoreU(sums[c][1], d, four + lanes);
    out[c] = (four[0] + four[2]) + (four[1] + four[3]);
  }
}

#else  // the same numbers by plain loops: std::fma may be a call here

template <class T>
void along_columns(const Product<T>& x) {
  for (I64 i = 0; i < x.m; ++i) {
    for (I64 j = 0; j < x.n; ++j) {
      T sum = 0;
      for (I64 p = 0; p < x.k; ++p) sum = std::fma(*x.a.at(i, p), *x.b.at(p, j), sum);
      finish(x, i, j, 1, &sum);
    }
  }
}

template <class T, int columns>
void lane_sum(I64 k, const T* a, const T* b, I64 b_across, T* out) {
  for (int c = 0; c < columns; ++c) {
    T sums[wide<T>] = {};
    for (I64 p = 0; p < k; p += wide<T>)
      for (I64 l = 0; l < wide<T>; ++l)
        sums[l] = p + l < k ? std::fma(a[p + l], b[c * b_across + p + l], sums[l]) : sums[l] + T{0};
    for (I64 some = wide<T> / 2; some > 0; some /= 2)
      for (I64 l = 0; l < some; ++l) sums[l] += sums[l + some];
    out[c] = sums[0];
  }
}

#endif

template <class T>
void product(const Product<T>& x) {
  if (!sums_in_lanes(x)) return along_columns(x);
  for (I64 i = 0; i < x.m; ++i) {
    const T* a = x.a.at(i, 0);
    T sums[4];
    I64 j = 0;
    for (; j + 4 <= x.n; j += 4) {
      lane_sum<T, 4>(x.k, a, x.b.at(0, j), x.b.across, sums);
      finish(x, i, j, 4, sums);
    }
    for (; j < x.n; ++j) {
      lane_sum<T, 1>(x.k, a, x.b.at(0, j), x.b.across, sums);
      finish(x, i, j, 1, sums);
    }
  }
}

void product_float(const Product<float>& x) { product(x); }
void product_double(const Product<double>& x) { product(x); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {

HWY_EXPORT(product_float);
HWY_EXPORT(product_double);

namespace {

// A column is summed as the row that its transpose is.
template <class T>
bool is_column(const Product<T>& x) {
  return x.n == 1 && x.m > 1 && x.c_down == 1;
}
template <class T>
Product<T> as_row(const Product<T>& x) {
  const auto turned = [](const Laid<T>& side) { return Laid<T>{side.data, side.across, side.down}; };
  return {1, x.m, x.k, x.alpha, turned(x.b), turned(x.a), x.beta, turned(x.base), x.c, x.m};
}

}  // namespace

template <class T>
bool is_small_product(const Product<T>& x) {
  if (x.m <= longest_side && x.n <= longest_side && x.k <= most_terms && x.m * x.n * x.k <= most_work) return true;
  if (x.m > most_lane_work || x.n > most_lane_work || x.k > most_lane_work || (x.m > 1) == (x.n > 1)) return false;
  return x.m * x.n * x.k <= most_lane_work && sums_in_lanes(is_column(x) ? as_row(x) : x);
}

template <class T>
void small_product(const Product<T>& x) {
  if (is_column(x)) return small_product(as_row(x));
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(product_float)(x);
  } else {
    HWY_DYNAMIC_DISPATCH(product_double)(x);
  }
}

template bool is_small_product(const Product<float>&);
template bool is_small_product(const Product<double>&);
template void small_product(const Product<float>&);
template void small_product(const Product<double>&);

}  // namespace taper::kernels
#endif
