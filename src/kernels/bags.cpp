#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bags.cpp"
#endif
#include "kernels/bags.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "base/parallel.h"
#include "kernels/prefetch.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void add_fused(T* __restrict out, const T* __restrict row, std::int64_t dim, T weight) {
  for (std::int64_t j = 0; j < dim; ++j) out[j] = std::fma(row[j], weight, out[j]);
}
template <class T>
void add_rounded(T* __restrict out, const T* __restrict row, std::int64_t dim, T weight) {
  for (std::int64_t j = 0; j < dim; ++j) out[j] += row[j] * weight;
}
// With zero = -0 the product alone, with 0 what add_fused makes of zeros.
template <class T>
void scaled_row(T* __restrict out, const T* __restrict row, std::int64_t dim, T scale, T zero) {
  for (std::int64_t j = 0; j < dim; ++j) out[j] = row[j] * scale + zero;
}
// out = 0 + row + row ..., some columns at a time, whose sums stay in registers.
template <class T, class Index>
void sum_rows(const T* HWY_RESTRICT table, std::int64_t dim, const Index* begin, const Index* end, std::int64_t padding,
              T* HWY_RESTRICT out) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t j = 0;
  for (; j + 4 * lanes <= dim; j += 4 * lanes) {
    auto a = hn::Zero(d);
    auto b = hn::Zero(d);
    auto c = hn::Zero(d);
    auto e = hn::Zero(d);
    for (const Index* at = begin; at < end; ++at) {
      const auto k = static_cast<std::int64_t>(*at);
      if (k == padding) continue;
      const T* row = table + k * dim + j;
      a = hn::Add(a, hn::LoadU(d, row));
      b = hn::Add(b, hn::LoadU(d, row + lanes));
      c = hn::Add(c, hn::LoadU(d, row + 2 * lanes));
      e = hn::Add(e, hn::LoadU(d, row + 3 * lanes));
    }
    hn::StoreU(a, d, out + j);
    hn::StoreU(b, d, out + j + lanes);
    hn::StoreU(c, d, out + j + 2 * lanes);
    hn::StoreU(e, d, out + j + 3 * lanes);
  }
  for (std::int64_t i = j; i < dim; ++i) out[i] = T{0};
  for (const Index* at = begin; j < dim && at < end; ++at) {
    const auto k = static_cast<std::int64_t>(*at);
    if (k == padding) continue;
    const T* row = table + k * dim;
    for (std::int64_t i = j; i < dim; ++i) out[i] += row[i];
  }
}

// The larger of each column, and the row that it stands in.
template <class T>
void keep_larger(T* HWY_RESTRICT best, std::int64_t* HWY_RESTRICT where, const T* HWY_RESTRICT row, std::int64_t k,
                 std::int64_t dim) {
  for (std::int64_t j = 0; j < dim; ++j) {
    const bool larger = row[j] > best[j];
    best[j] = larger ? row[j] : best[j];
    where[j] = larger ? k : where[j];
  }
}

// Eight sums side by side, whatever the vector width.
template <class T>
T row_product(const T* __restrict a, const T* __restrict b, std::int64_t dim) {
  T sums[8] = {};
  std::int64_t j = 0;
  for (; j + 8 <= dim; j += 8)
    for (std::int64_t k = 0; k < 8; ++k) sums[k] = std::fma(a[j + k], b[j + k], sums[k]);
  for (; j < dim; ++j) sums[0] = std::fma(a[j], b[j], sums[0]);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

void add_fused_float(float* o, const float* r, std::int64_t n, float w) { add_fused(o, r, n, w); }
void add_fused_double(double* o, const double* r, std::int64_t n, double w) { add_fused(o, r, n, w); }
void add_rounded_float(float* o, const float* r, std::int64_t n, float w) { add_rounded(o, r, n, w); }
void add_rounded_double(double* o, const double* r, std::int64_t n, double w) { add_rounded(o, r, n, w); }
void scaled_row_float(float* o, const float* r, std::int64_t n, float s, float z) { scaled_row(o, r, n, s, z); }
void scaled_row_double(double* o, const double* r, std::int64_t n, double s, double z) { scaled_row(o, r, n, s, z); }
using I64 = std::int64_t;
using I32 = std::int32_t;
void sum_float64(const float* t, I64 n, const I64* b, const I64* e, I64 p, float* o) { sum_rows(t, n, b, e, p, o); }
void sum_float32(const float* t, I64 n, const I32* b, const I32* e, I64 p, float* o) { sum_rows(t, n, b, e, p, o); }
void sum_double64(const double* t, I64 n, const I64* b, const I64* e, I64 p, double* o) { sum_rows(t, n, b, e, p, o); }
void sum_double32(const double* t, I64 n, const I32* b, const I32* e, I64 p, double* o) { sum_rows(t, n, b, e, p, o); }
void keep_larger_float(float* b, I64* w, const float* r, I64 k, I64 n) { keep_larger(b, w, r, k, n); }
void keep_larger_double(double* b, I64* w, const double* r, I64 k, I64 n) { keep_larger(b, w, r, k, n); }
float row_product_float(const float* a, const float* b, std::int64_t n) { return row_product(a, b, n); }
double row_product_double(const double* a, const double* b, std::int64_t n) { return row_product(a, b, n); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(add_fused_float);
HWY_EXPORT(add_fused_double);
HWY_EXPORT(add_rounded_float);
HWY_EXPORT(add_rounded_double);
HWY_EXPORT(scaled_row_float);
HWY_EXPORT(scaled_row_double);
HWY_EXPORT(sum_float64);
HWY_EXPORT(sum_float32);
HWY_EXPORT(sum_double64);
HWY_EXPORT(sum_double32);
HWY_EXPORT(keep_larger_float);
HWY_EXPORT(keep_larger_double);
HWY_EXPORT(row_product_float);
HWY_EXPORT(row_product_double);

template <class T>
auto add_loop(bool fused) {
  if constexpr (std::is_same_v<T, float>) {
    return fused ? HWY_DYNAMIC_DISPATCH(add_fused_float) : HWY_DYNAMIC_DISPATCH(add_rounded_float);
  } else {
    return fused ? HWY_DYNAMIC_DISPATCH(add_fused_double) : HWY_DYNAMIC_DISPATCH(add_rounded_double);
  }
}

template <class T>
auto scaled_loop() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(scaled_row_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(scaled_row_double);
  }
}

template <class T, class Index>
auto sum_loop() {
  constexpr bool wide = sizeof(Index) == 8;
  if constexpr (std::is_same_v<T, float>) {
    if constexpr (wide) return HWY_DYNAMIC_DISPATCH(sum_float64);
    if constexpr (!wide) return HWY_DYNAMIC_DISPATCH(sum_float32);
  } else {
    if constexpr (wide) return HWY_DYNAMIC_DISPATCH(sum_double64);
    if constexpr (!wide) return HWY_DYNAMIC_DISPATCH(sum_double32);
  }
}

template <class T>
auto larger_loop() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(keep_larger_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(keep_larger_double);
  }
}

template <class T>
auto product_loop() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(row_product_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(row_product_double);
  }
}

constexpr std::int64_t piece_numbers = 1 << 17;  // what is worth a thread's waking

// How many of `count` items that are `each` numbers long make a piece.
std::int64_t grain(std::int64_t each) {
  return std::max<std::int64_t>(1, piece_numbers / std::max<std::int64_t>(each, 1));
}

std::int64_t numbers_of_a_bag(std::int64_t entries, std::int64_t bags, std::int64_t dim) {
  return bags == 0 ? 1 : (entries / bags + 1) * std::max<std::int64_t>(dim, 1);
}

}  // namespace

template <class T, class Index>
void sum_bags(const T* table, std::int64_t dim, const Bags<Index>& bags, const T* weights, bool fused, T* out) {
  const auto add = add_loop<T>(fused);
  const auto sum_rows = sum_loop<T, Index>();
  const std::int64_t each = numbers_of_a_bag(bags.count == 0 ? 0 : bags.bounds[bags.count], bags.count, dim);
  parallel_for(0, bags.count, grain(each), [&](std::int64_t begin, std::int64_t end) {
    const RowPrefetch prefetch(table, dim * static_cast<std::int64_t>(sizeof(T)), bags.indices, bags.bounds[end]);
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t first = bags.bounds[b];
      const std::int64_t last = bags.bounds[b + 1];
      T* sum = out + b * dim;
      for (std::int64_t i = first; i < last; ++i) prefetch.at(i);
      if (weights == nullptr) {
        sum_rows(table, dim, bags.indices + first, bags.indices + last, bags.padding, sum);
        continue;
      }
      std::fill_n(sum, dim, T{0});
      for (std::int64_t i = first; i < last; ++i) {
        const auto k = static_cast<std::int64_t>(bags.indices[i]);
        if (k != bags.padding) add(sum, table + k * dim, dim, weights[i]);
      }
    }
  });
}

template <class T, class Index>
void max_bags(const T* table, std::int64_t dim, const Bags<Index>& bags, T* out, std::int64_t* at) {
  const auto keep_larger = larger_loop<T>();
  const std::int64_t each = numbers_of_a_bag(bags.count == 0 ? 0 : bags.bounds[bags.count], bags.count, dim);
  parallel_for(0, bags.count, grain(each), [&](std::int64_t begin, std::int64_t end) {
    const RowPrefetch prefetch(table, dim * static_cast<std::int64_t>(sizeof(T)), bags.indices, bags.bounds[end]);
    for (std::int64_t b = begin; b < end; ++b) {
      T* best = out + b * dim;
      std::int64_t* where = at + b * dim;
      bool empty = true;
      for (std::int64_t i = bags.bounds[b]; i < bags.bounds[b + 1]; ++i) {
        prefetch.at(i);
        const auto k = static_cast<std::int64_t>(bags.indices[i]);
        if (k == bags.padding) continue;
        const T* row = table + k * dim;
        if (!empty) {
          keep_larger(best, where, row, k, dim);
          continue;
        }
        std::copy_n(row, dim, best);
        std::fill_n(where, dim, k);
        empty = false;
      }
      if (!empty) continue;
      std::fill_n(best, dim, T{0});
      std::fill_n(where, dim, std::int64_t{-1});
    }
  });
}

// Every column has one owner, which goes through all bags.
template <class T>
void add_at_max(T* table, std::int64_t dim, const std::int64_t* at, std::int64_t count, const T* g) {
  parallel_for(0, dim, grain(count), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = 0; b < count; ++b)
      for (std::int64_t j = begin; j < end; ++j)
        if (const std::int64_t k = at[b * dim + j]; k >= 0) table[k * dim + j] += g[b * dim + j];
  });
}

template <class T>
void take_at_max(const T* table, std::int64_t dim, const std::int64_t* at, std::int64_t count, T* out) {
  parallel_for(0, count, grain(dim), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin * dim; i < end * dim; ++i) out[i] = at[i] < 0 ? T{0} : table[at[i] * dim + i % dim];
  });
}

template <class T>
void add_bag_gradients(const RowGroups& groups, const std::int64_t* rows, std::int64_t skip, bool in_place, const T* g,
                       std::int64_t dim, const std::int64_t* bag_of, const T* scale, T* out) {
  const auto add = add_loop<T>(true);
  const auto start = scaled_loop<T>();
  const auto entries = static_cast<std::int64_t>(groups.position.size());
  const bool alone = stay_on_one_thread(entries, dim * static_cast<std::int64_t>(sizeof(T)));
  parallel_for(0, groups.size(), alone ? groups.size() : grain(numbers_of_a_bag(entries, groups.size(), dim)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = begin; r < end; ++r) {
                   const std::int64_t* at = groups.position.data() + groups.start[static_cast<std::size_t>(r)];
                   const std::int64_t* stop = groups.position.data() + groups.start[static_cast<std::size_t>(r) + 1];
                   const std::int64_t row = rows[*at];
                   T* sum = out + (in_place ? row : r) * dim;
                   if (row == skip) {
                     if (!in_place) std::fill_n(sum, dim, T{0});
                     continue;
                   }
                   if (!in_place) {
                     start(sum, g + bag_of[*at] * dim, dim, scale[*at], T{0});
                     ++at;
                   }
                   for (; at < stop; ++at) add(sum, g + bag_of[*at] * dim, dim, scale[*at]);
                 }
               });
}

template <class T>
void spread_bags(const T* g, std::int64_t dim, const std::int64_t* bounds, std::int64_t bags, const T* scale, T* out) {
  const auto scaled = scaled_loop<T>();
  const bool alone = stay_on_one_thread(bounds[bags], dim * static_cast<std::int64_t>(sizeof(T)));
  parallel_for(0, bags, alone ? bags : grain(numbers_of_a_bag(bounds[bags], bags, dim)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t b = begin; b < end; ++b) {
                   const T* row = g + b * dim;
                   for (std::int64_t i = bounds[b]; i < bounds[b + 1]; ++i) {
                     if (scale == nullptr)
                       std::copy_n(row, dim, out + i * dim);
                     else
                       scaled(out + i * dim, row, dim, scale[i], -T{0});
                   }
                 }
               });
}

template <class T, class Index>
void row_products(const T* a, const std::int64_t* a_rows, const T* b, const Index* b_rows, std::int64_t count,
                  std::int64_t dim, std::int64_t skip, T* out) {
  const auto product = product_loop<T>();
  parallel_for(0, count, grain(dim), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto k = static_cast<std::int64_t>(b_rows[i]);
      out[i] = k == skip ? T{0} : product(a + a_rows[i] * dim, b + k * dim, dim);
    }
  });
}

using I64 = std::int64_t;
using I32 = std::int32_t;

template void sum_bags(const float*, I64, const Bags<I64>&, const float*, bool, float*);
template void sum_bags(const float*, I64, const Bags<I32>&, const float*, bool, float*);
template void sum_bags(const double*, I64, const Bags<I64>&, const double*, bool, double*);
template void sum_bags(const double*, I64, const Bags<I32>&, const double*, bool, double*);
template void max_bags(const float*, I64, const Bags<I64>&, float*, I64*);
template void max_bags(const float*, I64, const Bags<I32>&, float*, I64*);
template void max_bags(const double*, I64, const Bags<I64>&, double*, I64*);
template void max_bags(const double*, I64, const Bags<I32>&, double*, I64*);
template void add_at_max(float*, I64, const I64*, I64, const float*);
template void add_at_max(double*, I64, const I64*, I64, const double*);
template void take_at_max(const float*, I64, const I64*, I64, float*);
template void take_at_max(const double*, I64, const I64*, I64, double*);
template void add_bag_gradients(const RowGroups&, const I64*, I64, bool, const float*, I64, const I64*, const float*,
                                float*);
template void add_bag_gradients(const RowGroups&, const I64*, I64, bool, const double*, I64, const I64*, const double*,
                                double*);
template void spread_bags(const float*, I64, const I64*, I64, const float*, float*);
template void spread_bags(const double*, I64, const I64*, I64, const double*, double*);
template void row_products(const float*, const I64*, const float*, const I64*, I64, I64, I64, float*);
template void row_products(const float*, const I64*, const float*, const I32*, I64, I64, I64, float*);
template void row_products(const double*, const I64*, const double*, const I64*, I64, I64, I64, double*);
template void row_products(const double*, const I64*, const double*, const I32*, I64, I64, I64, double*);

}  // namespace taper::kernels
#endif
