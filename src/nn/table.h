#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "taper/nn/module.h"

/// What the modules that hold a table of rows share. `who` is the module's name, for messages.
namespace taper::nn::detail {

/// What a table is made of.
struct TableOptions {
  std::int64_t rows;
  std::int64_t dim;
  std::optional<std::int64_t> padding_idx;
  Tensor weight;  // the table itself, or undefined
  std::string_view device;
  std::optional<DType> dtype;
};

/// padding_idx of [0, rows). ValueError.
std::optional<std::int64_t> wrapped_padding(const char* who, std::optional<std::int64_t> padding, std::int64_t rows);

/// The table before it is drawn. Everything is checked here, before the first draw.
Tensor make_table(const char* who, const TableOptions& options);

/// Draws a table from N(0, 1) and clears its padding row.
void draw_table(Parameter& weight, std::optional<std::int64_t> padding_idx);

/// ShapeError unless a pretrained table is a matrix.
void check_pretrained(const Tensor& embeddings);

/// "Embedding 'encoder.tok'", or "Embedding" where nobody knows the name.
std::string who_is(const char* who, const Module& module, const Tensor& weight);

}  // namespace taper::nn::detail
