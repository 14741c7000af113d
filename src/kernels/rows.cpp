#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows.cpp"
#endif
#include "kernels/rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/parallel.h"
#include "base/pool.h"
#include "kernels/prefetch.h"
#include "kernels/row_order.h"
#include "kernels/simd.h"
#include "taper/base/threads.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

void add_row_float(float* __restrict row, const float* __restrict value, std::int64_t dim, float scale) {
  for (std::int64_t j = 0; j < dim; ++j) row[j] = std::fma(value[j], scale, row[j]);
}
void add_row_double(double* __restrict row, const double* __restrict value, std::int64_t dim, double scale) {
  for (std::int64_t j = 0; j < dim; ++j) row[j] = std::fma(value[j], scale, row[j]);
}
// What add_row makes of zeros.
void start_row_float(float* __restrict row, const float* __restrict value, std::int64_t dim, float scale) {
  for (std::int64_t j = 0; j < dim; ++j) row[j] = std::fma(value[j], scale, 0.0F);
}
void start_row_double(double* __restrict row, const double* __restrict value, std::int64_t dim, double scale) {
  for (std::int64_t j = 0; j < dim; ++j) row[j] = std::fma(value[j], scale, 0.0);
}
// add_row of what start_row makes of a value.
void add_started_row_float(float* __restrict row, const float* __restrict value, std::int64_t dim, float scale) {
  for (std::int64_t j = 0; j < dim; ++j) row[j] = std::fma(value[j] + 0.0F, scale, row[j]);
}
void add_started_row_double(double* __restrict row, const double* __restrict value, std::int64_t dim, double scale) {
  for (std::int64_t j = 0; j < dim; ++j) row[j] = std::fma(value[j] + 0.0, scale, row[j]);
}
// Whether an index lies outside [0, rows), judged without branches: a negative one has its sign bit set, one past the
// end that of its distance to the last.
template <class Index>
bool any_outside(const Index* indices, std::int64_t count, std::int64_t rows) {
  const auto last = static_cast<std::uint64_t>(rows) - 1;
  std::uint64_t signs = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::uint64_t>(static_cast<std::int64_t>(indices[i]));
    signs |= index | (last - index);
  }
  return static_cast<std::int64_t>(signs) < 0;
}
bool any_outside_64(const std::int64_t* indices, std::int64_t count, std::int64_t rows) {
  return any_outside(indices, count, rows);
}
bool any_outside_32(const std::int32_t* indices, std::int64_t count, std::int64_t rows) {
  return any_outside(indices, count, rows);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(add_row_float);
HWY_EXPORT(add_row_double);
HWY_EXPORT(start_row_float);
HWY_EXPORT(start_row_double);
HWY_EXPORT(any_outside_64);
HWY_EXPORT(any_outside_32);
HWY_EXPORT(add_started_row_float);
HWY_EXPORT(add_started_row_double);

template <class T>
auto add_row_loop() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(add_row_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(add_row_double);
  }
}

template <class T>
auto start_row_loop() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(start_row_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(start_row_double);
  }
}

template <class T>
auto add_started_row_loop() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(add_started_row_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(add_started_row_double);
  }
}

template <class Index>
auto any_outside_loop() {
  if constexpr (std::is_same_v<Index, std::int64_t>) {
    return HWY_DYNAMIC_DISPATCH(any_outside_64);
  } else {
    return HWY_DYNAMIC_DISPATCH(any_outside_32);
  }
}

constexpr std::int64_t kMiB = 1 << 20;

// How many entries of a list one thread takes. A list is always cut in the same places, so that its rows stay with
// their threads.
std::int64_t share(std::int64_t count, std::int64_t row_bytes) {
  const std::int64_t threads = stay_on_one_thread(count, row_bytes) ? 1 : get_num_threads();
  return std::max<std::int64_t>(1, (count + threads - 1) / threads);
}

template <class Index>
void gather_piece(const char* table, std::int64_t bytes, const Index* indices, std::int64_t begin, std::int64_t end,
                  char* out) {
  const RowPrefetch prefetch(table, bytes, indices, end);
  const auto width = static_cast<std::size_t>(bytes);
  for (std::int64_t i = begin; i < end; ++i) {
    prefetch.at(i);
    std::memcpy(out + i * bytes, table + static_cast<std::int64_t>(indices[i]) * bytes, width);
  }
}

template <class T, class Index>
struct Entries {
  T* table;
  std::int64_t dim;
  const Index* indices;
  std::int64_t count;
  const T* values;
  double scale;
  std::int64_t skip;
  const std::int64_t* counts;
  void (*add_row)(T*, const T*, std::int64_t, T);

  std::int64_t row_bytes() const { return dim * static_cast<std::int64_t>(sizeof(T)); }
  void add(std::int64_t i) const {
    const auto k = static_cast<std::int64_t>(indices[i]);
    if (k == skip) return;
    const double s = counts ? scale / static_cast<double>(counts[k]) : scale;
    add_row(table + k * dim, values + i * dim, dim, static_cast<T>(s));
  }
};

// Each thread adds the entries of its share, but for those of rows that an earlier share names, too: these follow at
// the end. So the order of additions to a row is always the list's.
template <class T, class Index>
void add_in_shares(const Entries<T, Index>& entries, std::int64_t each) {
  using Share = std::uint16_t;
  const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(entries.count))) + 2;
  std::vector<Share> first(std::size_t{1} << bits);  // the first share that names a row of this hash
  const auto slot = [&](std::int64_t i) -> Share& {
    return first[(static_cast<std::uint64_t>(entries.indices[i]) * 0x9E3779B97F4A7C15U) >> (64 - bits)];
  };
  for (std::int64_t i = entries.count - 1; i >= 0; --i) slot(i) = static_cast<Share>(i / each);
  std::vector<std::vector<std::int64_t>> late(static_cast<std::size_t>((entries.count + each - 1) / each));
  parallel_for(0, entries.count, each, [&](std::int64_t begin, std::int64_t end) {
    const RowPrefetch prefetch(entries.table, entries.row_bytes(), entries.indices, end);
    for (std::int64_t i = begin; i < end; ++i) {
      prefetch.at(i);
      if (slot(i) == begin / each)
        entries.add(i);
      else
        late[static_cast<std::size_t>(begin / each)].push_back(i);
    }
  });
  for (const std::vector<std::int64_t>& list : late)
    for (const std::int64_t i : list) entries.add(i);
}

// Sums the entries of one of several distinct rows: those from `begin` on, on top of what `out` has of the ones before.
template <class T>
struct SumOfEntries {
  const DistinctRows& list;
  std::int64_t begin;
  const T* values;
  std::int64_t dim;
  void (*start)(T*, const T*, std::int64_t, T) = start_row_loop<T>();
  void (*add)(T*, const T*, std::int64_t, T) = add_row_loop<T>();

  std::int64_t after(std::int64_t entry) const { return list.next[static_cast<std::size_t>(entry)]; }
  /// The entry of a row that has no other, or null.
  const T* only_entry(std::int64_t row) const {
    const std::int64_t first = list.first[static_cast<std::size_t>(row)];
    return after(first) == 0 ? values + (first - begin) * dim : nullptr;
  }
  void operator()(std::int64_t row, bool scaled, T* out) const {
    const std::int64_t first = list.first[static_cast<std::size_t>(row)];
    std::int64_t count = 1;
    if (scaled)
      for (std::int64_t i = after(first); i != 0; i = after(i)) ++count;
    const T scale = scaled ? static_cast<T>(1.0 / static_cast<double>(count)) : T{1};
    if (first >= begin) start(out, values + (first - begin) * dim, dim, scale);
    for (std::int64_t i = after(first); i != 0; i = after(i)) add(out, values + (i - begin) * dim, dim, scale);
  }
};

}  // namespace

template <class Index>
std::int64_t find_bad_index(const Index* indices, std::int64_t count, std::int64_t rows) {
  if (!any_outside_loop<Index>()(indices, count, rows)) return -1;
  const auto limit = static_cast<std::uint64_t>(rows);
  const Index* bad = std::find_if(indices, indices + count, [&](Index index) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(index)) >= limit;
  });
  return bad - indices;
}

template <class Index>
void gather_rows(const void* table, std::int64_t row_bytes, const Index* indices, std::int64_t count, void* out) {
  if (row_bytes == 0) return;
  parallel_for(0, count, share(count, row_bytes), [&](std::int64_t begin, std::int64_t end) {
    gather_piece(static_cast<const char*>(table), row_bytes, indices, begin, end, static_cast<char*>(out));
  });
}

template <class Index>
void count_indices(const Index* indices, std::int64_t count, std::int64_t* counts) {
  for (std::int64_t i = 0; i < count; ++i) ++counts[indices[i]];
}

template <class Index>
std::vector<std::int64_t> distinct_indices(const Index* indices, std::int64_t count, std::int64_t rows) {
  std::vector<std::int64_t> result;
  if (count < rows / 64) {  // sorting a short list costs less than a mark for every row
    result.assign(indices, indices + count);
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }
  std::vector<bool> seen(static_cast<std::size_t>(rows));
  for (std::int64_t i = 0; i < count; ++i) seen[static_cast<std::size_t>(indices[i])] = true;
  for (std::int64_t k = 0; k < rows; ++k)
    if (seen[static_cast<std::size_t>(k)]) result.push_back(k);
  return result;
}

template <class T, class Index>
void add_rows(T* table, std::int64_t dim, const Index* indices, std::int64_t count, const T* values, double scale,
              std::int64_t skip, const std::int64_t* counts) {
  const Entries<T, Index> entries{table, dim, indices, count, values, scale, skip, counts, add_row_loop<T>()};
  const std::int64_t each = share(count, entries.row_bytes());
  if (each < count) return add_in_shares(entries, each);
  const RowPrefetch prefetch(table, entries.row_bytes(), indices, count);
  for (std::int64_t i = 0; i < count; ++i) {
    prefetch.at(i);
    entries.add(i);
  }
}

RowGroups group_rows(const std::int64_t* rows, std::int64_t count) {
  RowGroups groups;
  groups.position = row_order(rows, count);
  groups.start.resize(groups.position.size() + 1);
  std::size_t size = 0;
  for (std::size_t i = 0; i < groups.position.size(); ++i) {
    groups.start[size] = static_cast<std::int64_t>(i);
    size += i == 0 || rows[groups.position[i]] != rows[groups.position[i - 1]] ? 1 : 0;
  }
  groups.start.resize(size + 1);
  groups.start[size] = count;
  return groups;
}

template <class Index>
DistinctRows distinct_rows(const Index* indices, std::int64_t count) {
  using Numbers = std::vector<std::int64_t, pool::Allocator<std::int64_t>>;
  const auto size = static_cast<std::size_t>(count);
  DistinctRows list;
  list.rows.resize(size);
  list.first.resize(size);
  list.next.resize(size);
  Numbers last(size);  // of each row its last entry so far
  // The rows' numbers from 1 on at their hashes, 0 where none is; at most half of the places are taken.
  const auto bits = static_cast<int>(std::bit_width(size)) + 1;
  Numbers table(std::size_t{1} << bits);
  std::size_t rows = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto row = static_cast<std::int64_t>(indices[i]);
    auto at = static_cast<std::size_t>((static_cast<std::uint64_t>(row) * 0x9E3779B97F4A7C15U) >> (64 - bits));
    while (table[at] != 0 && list.rows[static_cast<std::size_t>(table[at] - 1)] != row)
      at = (at + 1) & (table.size() - 1);
    const auto entry = static_cast<std::int64_t>(i);
    if (table[at] == 0) {
      list.rows[rows] = row;
      list.first[rows] = last[rows] = entry;
      table[at] = static_cast<std::int64_t>(++rows);
    } else {
      std::int64_t& before = last[static_cast<std::size_t>(table[at] - 1)];
      list.next[static_cast<std::size_t>(before)] = entry;
      before = entry;
    }
  }
  list.rows.resize(rows);
  list.first.resize(rows);
  return list;
}

template <class T>
void sum_distinct(const DistinctRows& list, std::int64_t begin, const T* values, std::int64_t dim, bool scaled,
                  std::int64_t skip, T* out) {
  const SumOfEntries<T> sum{list, begin, values, dim};
  parallel_for(0, list.size(), share(list.size(), dim * static_cast<std::int64_t>(sizeof(T))),
               [&](std::int64_t from, std::int64_t to) {
                 for (std::int64_t r = from; r < to; ++r) {
                   if (list.rows[static_cast<std::size_t>(r)] == skip)
                     std::fill_n(out + r * dim, dim, T{0});
                   else
                     sum(r, scaled, out + r * dim);
                 }
               });
}

template <class T>
void add_distinct(T* table, std::int64_t dim, const DistinctRows& list, const T* values, double scale) {
  const SumOfEntries<T> sum{list, 0, values, dim};
  const auto add = add_row_loop<T>();
  const auto add_started = add_started_row_loop<T>();
  const std::int64_t bytes = dim * static_cast<std::int64_t>(sizeof(T));
  parallel_for(0, list.size(), share(list.size(), bytes), [&](std::int64_t begin, std::int64_t end) {
    const RowPrefetch prefetch(table, bytes, list.rows.data(), end);
    std::vector<T, pool::Allocator<T>> row(static_cast<std::size_t>(dim));
    for (std::int64_t r = begin; r < end; ++r) {
      prefetch.at(r);
      T* to = table + list.rows[static_cast<std::size_t>(r)] * dim;
      if (const T* value = sum.only_entry(r)) {
        add_started(to, value, dim, static_cast<T>(scale));
      } else {
        sum(r, false, row.data());
        add(to, row.data(), dim, static_cast<T>(scale));
      }
    }
  });
}

template <class T>
void sum_groups(const RowGroups& groups, const std::int64_t* rows, const T* values, std::int64_t dim,
                std::int64_t* out_rows, T* out_values) {
  const auto add = add_row_loop<T>();
  const std::int64_t bytes = std::max<std::int64_t>(dim * static_cast<std::int64_t>(sizeof(T)), 16);
  parallel_for(0, groups.size(), std::max<std::int64_t>(1, kMiB / bytes), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; ++group) {
      const auto r = static_cast<std::size_t>(group);
      const std::int64_t* at = groups.position.data() + groups.start[r];
      const std::int64_t* stop = groups.position.data() + groups.start[r + 1];
      T* out = out_values + group * dim;
      out_rows[group] = rows[*at];
      std::copy_n(values + *at * dim, dim, out);
      while (++at < stop) add(out, values + *at * dim, dim, T{1});
    }
  });
}

std::int64_t merged_count(const std::int64_t* rows_a, std::int64_t count_a, const std::int64_t* rows_b,
                          std::int64_t count_b) {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t result = 0;
  for (; a < count_a && b < count_b; ++result) {
    const std::int64_t row_a = rows_a[a];
    const std::int64_t row_b = rows_b[b];
    if (row_a <= row_b) ++a;
    if (row_b <= row_a) ++b;
  }
  return result + (count_a - a) + (count_b - b);
}

template <class T>
void merge_rows(const std::int64_t* rows_a, const T* values_a, std::int64_t count_a, const std::int64_t* rows_b,
                const T* values_b, std::int64_t count_b, std::int64_t dim, std::int64_t* out_rows, T* out_values,
                double scale) {
  const auto add = add_row_loop<T>();
  std::int64_t a = 0;
  std::int64_t b = 0;
  for (; a < count_a || b < count_b; ++out_rows, out_values += dim) {
    const bool from_a = b == count_b || (a < count_a && rows_a[a] <= rows_b[b]);
    const bool from_b = a == count_a || (b < count_b && rows_b[b] <= rows_a[a]);
    *out_rows = from_a ? rows_a[a] : rows_b[b];
    std::fill_n(out_values, dim, T{0});  // added to zeros, not copied: -0 becomes 0, as in PyTorch
    if (from_a) add(out_values, values_a + a * dim, dim, T{1});
    if (from_b) add(out_values, values_b + b * dim, dim, static_cast<T>(scale));
    a += from_a;
    b += from_b;
  }
}

using I64 = std::int64_t;
using I32 = std::int32_t;

template I64 find_bad_index(const I64*, I64, I64);
template I64 find_bad_index(const I32*, I64, I64);
template void gather_rows(const void*, I64, const I64*, I64, void*);
template void gather_rows(const void*, I64, const I32*, I64, void*);
template void count_indices(const I64*, I64, I64*);
template void count_indices(const I32*, I64, I64*);
template std::vector<I64> distinct_indices(const I64*, I64, I64);
template std::vector<I64> distinct_indices(const I32*, I64, I64);
template void add_rows(float*, I64, const I64*, I64, const float*, double, I64, const I64*);
template void add_rows(float*, I64, const I32*, I64, const float*, double, I64, const I64*);
template void add_rows(double*, I64, const I64*, I64, const double*, double, I64, const I64*);
template void add_rows(double*, I64, const I32*, I64, const double*, double, I64, const I64*);
template DistinctRows distinct_rows(const I64*, I64);
template DistinctRows distinct_rows(const I32*, I64);
template void sum_distinct(const DistinctRows&, I64, const float*, I64, bool, I64, float*);
template void sum_distinct(const DistinctRows&, I64, const double*, I64, bool, I64, double*);
template void add_distinct(float*, I64, const DistinctRows&, const float*, double);
template void add_distinct(double*, I64, const DistinctRows&, const double*, double);
template void sum_groups(const RowGroups&, const I64*, const float*, I64, I64*, float*);
template void sum_groups(const RowGroups&, const I64*, const double*, I64, I64*, double*);
template void merge_rows(const I64*, const float*, I64, const I64*, const float*, I64, I64, I64*, float*, double);
template void merge_rows(const I64*, const double*, I64, const I64*, const double*, I64, I64, I64*, double*, double);

}  // namespace taper::kernels
#endif
