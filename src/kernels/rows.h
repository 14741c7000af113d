#pragma once

#include <cstdint>
#include <vector>

// Whole rows of a row-major table named by index lists: the kernels of embeddings and of row-sparse gradients. Indices
// were checked before (see find_bad_index). T is float or double and Index int64_t or int32_t unless said otherwise.
namespace taper::kernels {

/// Whether so many rows are one thread's work. What a step reads, sums and writes lies in the cache of the core that
/// had it last, and between cores that share no cache it travels slower than from memory: one thread keeps the rows,
/// unless there are so many that they do go to memory.
constexpr bool stay_on_one_thread(std::int64_t count, std::int64_t row_bytes) { return count * row_bytes < 8 << 20; }

/// The position of the first index outside [0, rows), or -1.
template <class Index>
std::int64_t find_bad_index(const Index* indices, std::int64_t count, std::int64_t rows);

/// out[i] = table[indices[i]], rows of `row_bytes` bytes.
template <class Index>
void gather_rows(const void* table, std::int64_t row_bytes, const Index* indices, std::int64_t count, void* out);

/// counts[k] += how often k occurs.
template <class Index>
void count_indices(const Index* indices, std::int64_t count, std::int64_t* counts);

/// The distinct indices, ascending.
template <class Index>
std::vector<std::int64_t> distinct_indices(const Index* indices, std::int64_t count, std::int64_t rows);

/// table[k] = fma(values[i], s, table[k]) with k = indices[i] for i = 0, 1, ... in this order, except where k is
/// `skip`. s is `scale`, or T(scale / counts[k]) where counts are given.
template <class T, class Index>
void add_rows(T* table, std::int64_t dim, const Index* indices, std::int64_t count, const T* values, double scale = 1,
              std::int64_t skip = -1, const std::int64_t* counts = nullptr);

/// Scales the rows whose p-norm is above max_norm by T(max_norm / (norm + 1e-7)). `rows` names no row twice.
template <class T>
void renorm_rows(T* table, std::int64_t dim, const std::int64_t* rows, std::int64_t count, double max_norm, double p);

/// Positions of the entries of a row list, grouped by row in ascending order; group r is [start[r], start[r + 1]).
/// Entries of one row stand in the order that PyTorch's coalesce adds them in, which for more than 16 entries is not
/// always the list's.
struct RowGroups {
  std::vector<std::int64_t> position;
  std::vector<std::int64_t> start;
  std::int64_t size() const { return static_cast<std::int64_t>(start.size()) - 1; }
  /// The position of the first entry of a group.
  std::int64_t first(std::int64_t group) const {
    return position[static_cast<std::size_t>(start[static_cast<std::size_t>(group)])];
  }
};
RowGroups group_rows(const std::int64_t* rows, std::int64_t count);

/// The distinct rows that a list of indices names, in the order of their first appearance.
struct DistinctRows {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> first;  // of each row its first entry
  std::vector<std::int64_t> next;   // of each entry the next of the same row, 0 if it is the last
  std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
};
template <class Index>
DistinctRows distinct_rows(const Index* indices, std::int64_t count);

/// out[r] = what add_rows makes of zeros by the entries of row number r; of row `skip` it makes zeros. `scaled` divides
/// by the number of the row's entries. `values` are those of the entries from `begin` on: the rows of the ones before,
/// each another, stand in `out` already.
template <class T>
void sum_distinct(const DistinctRows& list, std::int64_t begin, const T* values, std::int64_t dim, bool scaled,
                  std::int64_t skip, T* out);

/// table[k] = fma(sum, scale, table[k]) for each row k, `sum` being what sum_distinct makes of its entries.
template <class T>
void add_distinct(T* table, std::int64_t dim, const DistinctRows& list, const T* values, double scale);

/// The coalesced entries: for each group its row and the sum of its values, each group's first value copied and the
/// others added one by one.
template <class T>
void sum_groups(const RowGroups& groups, const std::int64_t* rows, const T* values, std::int64_t dim,
                std::int64_t* out_rows, T* out_values);

/// How many entries merge_rows writes.
std::int64_t merged_count(const std::int64_t* rows_a, std::int64_t count_a, const std::int64_t* rows_b,
                          std::int64_t count_b);

/// a + scale * b of two row lists, merged as if both were sorted: the smaller front row first, equal front rows added.
template <class T>
void merge_rows(const std::int64_t* rows_a, const T* values_a, std::int64_t count_a, const std::int64_t* rows_b,
                const T* values_b, std::int64_t count_b, std::int64_t dim, std::int64_t* out_rows, T* out_values,
                double scale = 1);

}  // namespace taper::kernels
