#pragma once

#include <cstdint>

#include "kernels/rows.h"

// Sums and maxima of rows of a table, bag by bag: the kernels of embedding_bag. Bag b is [bounds[b], bounds[b + 1]) of
// the index list, whose indices were checked before. T is float or double and Index int64_t or int32_t.
namespace taper::kernels {

/// The bags of an index list; entries equal to `padding` do not count.
template <class Index>
struct Bags {
  const Index* indices;
  const std::int64_t* bounds;
  std::int64_t count;
  std::int64_t padding;  // -1 for none
};

/// out[b] = 0 + row + row ..., in the list's order. With weights, one for each index, row * weight is added, by one fma
/// where `fused`.
template <class T, class Index>
void sum_bags(const T* table, std::int64_t dim, const Bags<Index>& bags, const T* weights, bool fused, T* out);

/// out[b] = the largest of each column, the first of equal ones; at[b] the rows that they stand in. Zeros and -1 where
/// a bag has no entry.
template <class T, class Index>
void max_bags(const T* table, std::int64_t dim, const Bags<Index>& bags, T* out, std::int64_t* at);

/// Where max_bags read, other numbers added: table[at[b][j]][j] += g[b][j], bag by bag; nothing where at is -1.
template <class T>
void add_at_max(T* table, std::int64_t dim, const std::int64_t* at, std::int64_t count, const T* g);

/// out[b][j] = table[at[b][j]][j], or 0 where at is -1.
template <class T>
void take_at_max(const T* table, std::int64_t dim, const std::int64_t* at, std::int64_t count, T* out);

/// out[i] = g[b] for each entry i of bag b; with `scale`, one for each entry, times that. Bag b is [bounds[b],
/// bounds[b + 1]).
template <class T>
void spread_bags(const T* g, std::int64_t dim, const std::int64_t* bounds, std::int64_t bags, const T* scale, T* out);

/// For each group of equal rows, its entries' gradients summed in the group's order: sum = fma(g[bag_of[i]], scale[i],
/// sum). Where `in_place` that is added up in the row of `out` that the group names, which for row `skip` stays as it
/// is; else group r's sum is written into row r of `out`, zeros for `skip`.
template <class T>
void add_bag_gradients(const RowGroups& groups, const std::int64_t* rows, std::int64_t skip, bool in_place, const T* g,
                       std::int64_t dim, const std::int64_t* bag_of, const T* scale, T* out);

/// out[i] = the product of row a_rows[i] of a and row b_rows[i] of b, or 0 where b_rows[i] is `skip`.
template <class T, class Index>
void row_products(const T* a, const std::int64_t* a_rows, const T* b, const Index* b_rows, std::int64_t count,
                  std::int64_t dim, std::int64_t skip, T* out);

}  // namespace taper::kernels
