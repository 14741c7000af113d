#include "taper/nn/embedding.h"

#include <fmt/format.h>

#include "nn/text.h"
#include "ops/embedding.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/init.h"
#include "taper/ops/create.h"

namespace taper::nn {
namespace {

std::optional<std::int64_t> checked_padding(std::optional<std::int64_t> padding, std::int64_t rows) {
  if (!padding) return padding;
  if (*padding < -rows || *padding >= rows)
    throw ValueError(fmt::format("Embedding: padding_idx {} is outside [{}, {})", *padding, -rows, rows));
  return *padding < 0 ? *padding + rows : *padding;
}

void check_learnable(const Tensor& weight) {
  if (!is_floating_point(weight.dtype()))
    throw TypeError(fmt::format("Embedding: a table of {}; float32 or float64 is needed", taper::name(weight.dtype())));
}

// The table before it is drawn. Everything is checked here, before the first draw.
Tensor make_weight(std::int64_t rows, std::int64_t dim, const EmbeddingOptions& options) {
  detail::check_size("Embedding", "num_embeddings", rows);
  detail::check_size("Embedding", "embedding_dim", dim);
  detail::check_device("Embedding", options.device);
  checked_padding(options.padding_idx, rows);
  if (options._weight.defined()) {
    if (options._weight.shape() != Shape{rows, dim})
      throw ShapeError(
          fmt::format("Embedding: _weight has shape {}, but num_embeddings and embedding_dim ask for [{}, {}]",
                      to_string(options._weight.shape()), rows, dim));
    check_learnable(options._weight);
    return options._weight;
  }
  Tensor weight = empty({rows, dim}, options.dtype.value_or(float32));
  check_learnable(weight);
  return weight;
}

}  // namespace

Embedding::Embedding(std::int64_t rows, std::int64_t dim, const EmbeddingOptions& options)
    : num_embeddings(rows),
      embedding_dim(dim),
      max_norm(options.max_norm),
      norm_type(options.norm_type),
      scale_grad_by_freq(options.scale_grad_by_freq),
      sparse(options.sparse),
      weight(make_weight(rows, dim, options), !options._freeze) {
  padding_idx = checked_padding(options.padding_idx, rows);
  if (!options._weight.defined()) reset_parameters();
}

Embedding Embedding::from_pretrained(const Tensor& embeddings, const FromPretrainedOptions& options) {
  if (embeddings.dim() != 2)
    throw ShapeError(
        fmt::format("from_pretrained: Embeddings parameter is expected to be 2-dimensional, but has shape {}",
                    to_string(embeddings.shape())));
  return Embedding(embeddings.size(0), embeddings.size(1),
                   {.padding_idx = options.padding_idx,
                    .max_norm = options.max_norm,
                    .norm_type = options.norm_type,
                    .scale_grad_by_freq = options.scale_grad_by_freq,
                    .sparse = options.sparse,
                    ._weight = embeddings,
                    ._freeze = options.freeze});
}

void Embedding::reset_parameters() {
  init::normal_(weight);
  if (!padding_idx) return;
  const NoGradGuard no_grad;
  weight.select(0, *padding_idx).fill_(0);
}

Tensor Embedding::forward(const Tensor& indices) const {
  const taper::EmbeddingOptions options{.padding_idx = padding_idx,
                                        .max_norm = max_norm,
                                        .norm_type = norm_type,
                                        .scale_grad_by_freq = scale_grad_by_freq,
                                        .sparse = sparse};
  try {
    return taper::embedding(indices, weight, options);
  } catch (const IndexError&) {
    // Looked up again for a message that says whose index it was. The first attempt has changed nothing.
    const std::string name = detail::name_in_call(*this, weight);
    return taper::detail::embedding(name.empty() ? "Embedding" : fmt::format("Embedding '{}'", name), indices, weight,
                                    options);
  }
}

std::string Embedding::extra_repr() const {
  std::string text = fmt::format("{}, {}", num_embeddings, embedding_dim);
  if (padding_idx) text += fmt::format(", padding_idx={}", *padding_idx);
  if (max_norm) text += ", max_norm=" + detail::python_float(*max_norm);
  if (norm_type != 2) text += ", norm_type=" + detail::python_float(norm_type);
  if (scale_grad_by_freq) text += ", scale_grad_by_freq=True";
  if (sparse) text += ", sparse=True";
  return text;
}

}  // namespace taper::nn
