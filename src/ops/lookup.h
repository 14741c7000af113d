#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "taper/tensor/tensor.h"

/// What lookups in a table of rows share: embedding and embedding_bag.
namespace taper::detail {

/// What backward needs to know of a lookup besides its indices.
struct Lookup {
  std::int64_t rows = 0;
  std::int64_t dim = 0;
  std::int64_t padding = -1;  // -1 for none
  bool scaled = false;        // by the inverse of each index's frequency
  bool sparse = false;
};

/// ShapeError naming `op` unless a table has two dimensions.
void check_table(const char* op, const Tensor& weight);

/// padding_idx of [0, rows), or -1 for none. ValueError naming `op`.
std::int64_t checked_padding(const char* op, std::optional<std::int64_t> padding, std::int64_t rows);

/// The indices, row-major. TypeError for another dtype; IndexError for one outside [0, rows), which begins with `who`
/// if a module has said who it is.
Tensor checked_indices(const char* op, std::string_view who, const Tensor& indices, std::int64_t rows);

/// TypeError unless max_norm can scale such a table.
void check_max_norm(const char* op, const Tensor& weight);

/// Scales the rows that are looked up down to max_norm, in place.
void renorm(const char* op, const Tensor& weight, const Tensor& indices, double max_norm, double p);

/// How often each row is looked up.
std::vector<std::int64_t> frequencies(const Tensor& indices, std::int64_t rows);

/// 1 / (how often index i occurs), of shape indices.shape + [1].
Tensor inverse_frequencies(const Tensor& indices, std::int64_t rows, DType dtype);

/// The COO gradient with an entry for each index but padding, in their order; `values` is [indices.numel(), dim].
Tensor sparse_gradient(Tensor values, const Tensor& indices, const Lookup& how);

/// Whether a list of the rows touched is cheaper than the table: it is never the larger one.
inline bool touches_few_rows(const Tensor& indices, const Lookup& how) { return indices.numel() <= how.rows; }

}  // namespace taper::detail
