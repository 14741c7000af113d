#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows.cpp"
#include "kernels/rows.h"

#include <algorithm>
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

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(add_row_float);
HWY_EXPORT(add_row_double);

template <class T>
auto add_row_loop() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(add_row_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(add_row_double);
  }
}

constexpr std::int64_t piece_bytes = 1 << 20;

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

// Which of several threads a row belongs to: neighbours and frequent rows are spread, whatever their numbers.
inline std::int64_t owner_of(std::int64_t row, std::int64_t owners) {
  const auto mixed = static_cast<std::uint32_t>((static_cast<std::uint64_t>(row) * 0x9E3779B97F4A7C15U) >> 32);
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(mixed) * static_cast<std::uint64_t>(owners)) >> 32);
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
  parallel_for(0, count, std::max<std::int64_t>(1, piece_bytes / std::max<std::int64_t>(row_bytes, 16)),
               [&](std::int64_t begin, std::int64_t end) {
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

// Every row has one owner, which goes through the whole list, so the order of additions to a row never changes.
template <class T, class Index>
void add_rows(T* table, std::int64_t dim, const Index* indices, std::int64_t count, const T* values, double scale,
              std::int64_t skip, const std::int64_t* counts) {
  const auto add = add_row_loop<T>();
  const std::int64_t bytes = dim * static_cast<std::int64_t>(sizeof(T));
  const auto add_entry = [&](std::int64_t i) {
    const auto k = static_cast<std::int64_t>(indices[i]);
    if (k == skip) return;
    const double s = counts ? scale / static_cast<double>(counts[k]) : scale;
    add(table + k * dim, values + i * dim, dim, static_cast<T>(s));
  };
  const std::int64_t owners = count * bytes < piece_bytes ? 1 : get_num_threads();
  if (owners == 1) {
    const RowPrefetch prefetch(table, bytes, indices, count);
    for (std::int64_t i = 0; i < count; ++i) {
      prefetch.at(i);
      add_entry(i);
    }
    return;
  }
  parallel_for(0, owners, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t owner = begin; owner < end; ++owner) {
      constexpr std::int64_t chunk = 2048;
      std::int64_t own[chunk];   // the entries of a chunk that are this owner's
      std::int64_t rows[chunk];  // and their rows
      for (std::int64_t first = 0; first < count; first += chunk) {
        std::int64_t found = 0;
        for (std::int64_t i = first; i < std::min(count, first + chunk); ++i) {
          own[found] = i;
          rows[found] = static_cast<std::int64_t>(indices[i]);
          found += owner_of(rows[found], owners) == owner ? 1 : 0;
        }
        const RowPrefetch prefetch(table, bytes, rows, found);
        for (std::int64_t i = 0; i < found; ++i) {
          prefetch.at(i);
          add_entry(own[i]);
        }
      }
    }
  });
}

RowGroups group_rows(const std::int64_t* rows, std::int64_t count) {
  using Entry = std::pair<std::int64_t, std::int64_t>;  // row, position
  std::vector<Entry> entries(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) entries[static_cast<std::size_t>(i)] = {rows[i], i};
  // Not a stable sort: this one leaves equal rows in PyTorch's order.
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
  RowGroups groups;
  groups.position.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || entries[i].first != entries[i - 1].first) groups.start.push_back(static_cast<std::int64_t>(i));
    groups.position.push_back(entries[i].second);
  }
  groups.start.push_back(count);
  return groups;
}

template <class T>
void sum_groups(const RowGroups& groups, const std::int64_t* rows, const T* values, std::int64_t dim,
                std::int64_t* out_rows, T* out_values) {
  const auto add = add_row_loop<T>();
  const std::int64_t bytes = std::max<std::int64_t>(dim * static_cast<std::int64_t>(sizeof(T)), 16);
  parallel_for(0, groups.size(), std::max<std::int64_t>(1, piece_bytes / bytes),
               [&](std::int64_t begin, std::int64_t end) {
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
template void sum_groups(const RowGroups&, const I64*, const float*, I64, I64*, float*);
template void sum_groups(const RowGroups&, const I64*, const double*, I64, I64*, double*);
template void merge_rows(const I64*, const float*, I64, const I64*, const float*, I64, I64, I64*, float*, double);
template void merge_rows(const I64*, const double*, I64, const I64*, const double*, I64, I64, I64*, double*, double);

}  // namespace taper::kernels
#endif
