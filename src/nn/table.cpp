#include "nn/table.h"

#include <fmt/format.h>

#include "nn/text.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/init.h"
#include "taper/ops/create.h"

namespace taper::nn::detail {
namespace {

void check_learnable(const char* who, const Tensor& weight) {
  if (!is_floating_point(weight.dtype()))
    throw TypeError(fmt::format("{}: a table of {}; float32 or float64 is needed", who, taper::name(weight.dtype())));
}

}  // namespace

std::optional<std::int64_t> wrapped_padding(const char* who, std::optional<std::int64_t> padding, std::int64_t rows) {
  if (!padding) return padding;
  if (*padding < -rows || *padding >= rows)
    throw ValueError(fmt::format("{}: padding_idx {} is outside [{}, {})", who, *padding, -rows, rows));
  return *padding < 0 ? *padding + rows : *padding;
}

Tensor make_table(const char* who, const TableOptions& options) {
  check_size(who, "num_embeddings", options.rows);
  check_size(who, "embedding_dim", options.dim);
  check_device(who, options.device);
  wrapped_padding(who, options.padding_idx, options.rows);
  if (options.weight.defined()) {
    if (options.weight.shape() != Shape{options.rows, options.dim})
      throw ShapeError(fmt::format("{}: _weight has shape {}, but num_embeddings and embedding_dim ask for [{}, {}]",
                                   who, to_string(options.weight.shape()), options.rows, options.dim));
    check_learnable(who, options.weight);
    return options.weight;
  }
  Tensor weight = empty({options.rows, options.dim}, options.dtype.value_or(float32));
  check_learnable(who, weight);
  return weight;
}

void draw_table(Parameter& weight, std::optional<std::int64_t> padding_idx) {
  init::normal_(weight);
  if (!padding_idx) return;
  const NoGradGuard no_grad;
  weight.select(0, *padding_idx).fill_(0);
}

void check_pretrained(const Tensor& embeddings) {
  if (embeddings.dim() != 2)
    throw ShapeError(
        fmt::format("from_pretrained: Embeddings parameter is expected to be 2-dimensional, but has shape {}",
                    to_string(embeddings.shape())));
}

std::string who_is(const char* who, const Module& module, const Tensor& weight) {
  const std::string name = name_in_call(module, weight);
  return name.empty() ? who : fmt::format("{} '{}'", who, name);
}

}  // namespace taper::nn::detail
