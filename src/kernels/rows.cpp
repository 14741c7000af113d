#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows.cpp"
#include "kernels/rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/parallel.h"
#include "kernels/prefetch.h"
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

constexpr std::int64_t MiB = 1 << 20;

// How many entries of a list one thread takes. The rows that a step reads, sums and writes lie in the cache of the core
// that had them last, and between cores that share no cache they travel slower than from memory: one thread keeps them,
// unless there are so many that they do go to memory. A list is always cut in the same places, so that its rows stay
// with their threads.
std::int64_t share(std::int64_t count, std::int64_t row_bytes) {
  const std::int64_t threads = count * row_bytes < 8 * MiB ? 1 : get_num_threads();
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

struct Entry {
  std::int64_t row;
  std::int64_t position;
};

// Sorts by one digit of `bits` bits after the other, from the lowest up.
template <int bits>
void sort_by_digits(std::vector<Entry>& entries, std::int64_t largest) {
  constexpr std::size_t digits = std::size_t{1} << bits;
  std::vector<Entry> sorted(entries.size());
  for (int shift = 0; largest >> shift > 0; shift += bits) {
    const auto digit = [shift](const Entry& e) { return static_cast<std::size_t>(e.row >> shift) & (digits - 1); };
    std::array<std::uint32_t, digits + 1> at{};
    for (const Entry& e : entries) ++at[digit(e) + 1];
    for (std::size_t d = 1; d < digits; ++d) at[d] += at[d - 1];
    for (const Entry& e : entries) sorted[at[digit(e)]++] = e;
    entries.swap(sorted);
  }
}

RowGroups groups_of(const std::vector<Entry>& sorted) {
  RowGroups groups;
  groups.position.resize(sorted.size());
  groups.start.resize(sorted.size() + 1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    groups.position[i] = sorted[i].position;
    groups.start[count] = static_cast<std::int64_t>(i);
    count += i == 0 || sorted[i].row != sorted[i - 1].row ? 1 : 0;
  }
  groups.start.resize(count + 1);
  groups.start[count] = static_cast<std::int64_t>(sorted.size());
  return groups;
}

template <class Index>
std::vector<Entry> entries_of(const Index* indices, std::int64_t count) {
  std::vector<Entry> entries(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    entries[static_cast<std::size_t>(i)] = {static_cast<std::int64_t>(indices[i]), i};
  return entries;
}

}  // namespace

template <class Index>
std::int64_t find_bad_index(const Index* indices, std::int64_t count, std::int64_t rows) {
  const auto limit = static_cast<std::uint64_t>(rows);
  const auto bad = [&](std::int64_t i) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(indices[i])) >= limit;
  };
  constexpr std::int64_t chunk = 256;  // a chunk is judged without a branch
  for (std::int64_t begin = 0; begin < count; begin += chunk) {
    const std::int64_t end = std::min(count, begin + chunk);
    bool any = false;
    for (std::int64_t i = begin; i < end; ++i) any |= bad(i);
    if (!any) continue;
    for (std::int64_t i = begin; i < end; ++i)
      if (bad(i)) return i;
  }
  return -1;
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
  std::vector<Entry> entries = entries_of(rows, count);
  // Not a stable sort: this one leaves equal rows in PyTorch's order.
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.row < b.row; });
  return groups_of(entries);
}

template <class Index>
RowGroups group_stably(const Index* indices, std::int64_t count, std::int64_t rows) {
  std::vector<Entry> entries = entries_of(indices, count);
  if (count < 1024)
    sort_by_digits<8>(entries, rows - 1);
  else
    sort_by_digits<11>(entries, rows - 1);
  return groups_of(entries);
}

template <class T, class Index>
void add_groups(const RowGroups& groups, const Index* indices, const T* values, std::int64_t dim, bool scaled,
                std::int64_t skip, T* out) {
  const auto start = start_row_loop<T>();
  const auto add = add_row_loop<T>();
  const std::int64_t bytes = dim * static_cast<std::int64_t>(sizeof(T));
  parallel_for(0, groups.size(), share(groups.size(), bytes), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t* position = groups.position.data();
    const RowPrefetch prefetch(values, bytes, position, groups.start[static_cast<std::size_t>(end)]);
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t first = groups.start[static_cast<std::size_t>(group)];
      const std::int64_t stop = groups.start[static_cast<std::size_t>(group) + 1];
      T* sum = out + group * dim;
      if (static_cast<std::int64_t>(indices[position[first]]) == skip) {
        std::fill_n(sum, dim, T{0});
        continue;
      }
      const T scale = scaled ? static_cast<T>(1.0 / static_cast<double>(stop - first)) : T{1};
      for (std::int64_t i = first; i < stop; ++i) {
        prefetch.at(i);
        (i == first ? start : add)(sum, values + position[i] * dim, dim, scale);
      }
    }
  });
}

template <class T>
void sum_groups(const RowGroups& groups, const std::int64_t* rows, const T* values, std::int64_t dim,
                std::int64_t* out_rows, T* out_values) {
  const auto add = add_row_loop<T>();
  const std::int64_t bytes = std::max<std::int64_t>(dim * static_cast<std::int64_t>(sizeof(T)), 16);
  parallel_for(0, groups.size(), std::max<std::int64_t>(1, MiB / bytes), [&](std::int64_t begin, std::int64_t end) {
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
template RowGroups group_stably(const I64*, I64, I64);
template RowGroups group_stably(const I32*, I64, I64);
template void add_groups(const RowGroups&, const I64*, const float*, I64, bool, I64, float*);
template void add_groups(const RowGroups&, const I32*, const float*, I64, bool, I64, float*);
template void add_groups(const RowGroups&, const I64*, const double*, I64, bool, I64, double*);
template void add_groups(const RowGroups&, const I32*, const double*, I64, bool, I64, double*);
template void sum_groups(const RowGroups&, const I64*, const float*, I64, I64*, float*);
template void sum_groups(const RowGroups&, const I64*, const double*, I64, I64*, double*);
template void merge_rows(const I64*, const float*, I64, const I64*, const float*, I64, I64, I64*, float*, double);
template void merge_rows(const I64*, const double*, I64, const I64*, const double*, I64, I64, I64*, double*, double);

}  // namespace taper::kernels
#endif
