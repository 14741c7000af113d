#pragma once

#include <algorithm>
#include <cstdint>

#include "base/parallel.h"

namespace taper::kernels {

/// Adjacent columns of [n][inner] that one call treats together.
inline constexpr std::int64_t column_block = 64;
/// Elements that are worth a thread.
inline constexpr std::int64_t block_elements = 1 << 14;

/// Covers [outer][n][inner] with calls of f(row, first column, number of columns), on the threads there are. With inner
/// = 1 a call has one row, else at most column_block columns.
template <class F>
void for_blocks(std::int64_t outer, std::int64_t n, std::int64_t inner, F&& f) {
  const std::int64_t per_row = (inner + column_block - 1) / column_block;
  const std::int64_t width = std::clamp<std::int64_t>(inner, 1, column_block);
  parallel_for(0, outer * per_row, std::max<std::int64_t>(1, block_elements / (std::max<std::int64_t>(n, 1) * width)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t from = i % per_row * column_block;
                   f(i / per_row, from, std::min(column_block, inner - from));
                 }
               });
}

/// The same with calls of f(row, number of rows, first column, number of columns): with inner = 1 a call has as many
/// rows as are worth a thread, and at least `rows_at_once`, else one.
template <class F>
void for_pieces(std::int64_t outer, std::int64_t n, std::int64_t inner, F&& f, std::int64_t rows_at_once = 1) {
  if (inner != 1)
    return for_blocks(outer, n, inner, [&f](std::int64_t row, std::int64_t from, std::int64_t width) {
      f(row, std::int64_t{1}, from, width);
    });
  parallel_for(0, outer, std::max(rows_at_once, block_elements / std::max<std::int64_t>(n, 1)),
               [&](std::int64_t begin, std::int64_t end) { f(begin, end - begin, std::int64_t{0}, std::int64_t{1}); });
}

}  // namespace taper::kernels
