#include "taper/nn/embedding.h"

#include <fmt/format.h>

#include "nn/table.h"
#include "nn/text.h"
#include "ops/embedding.h"
#include "taper/base/error.h"
#include "taper/nn/freeze.h"

namespace taper::nn {
Embedding::Embedding(std::int64_t rows, std::int64_t dim, const EmbeddingOptions& options)
    : num_embeddings(rows),
      embedding_dim(dim),
      max_norm(options.max_norm),
      norm_type(options.norm_type),
      scale_grad_by_freq(options.scale_grad_by_freq),
      sparse(options.sparse),
      weight(detail::make_table("Embedding",
                                {rows, dim, options.padding_idx, options._weight, options.device, options.dtype}),
             !options._freeze) {
  padding_idx = detail::wrapped_padding("Embedding", options.padding_idx, rows);
  if (!options._weight.defined()) reset_parameters();
}

Embedding Embedding::from_pretrained(const Tensor& embeddings, const FromPretrainedOptions& options) {
  detail::check_pretrained(embeddings);
  return Embedding(embeddings.size(0), embeddings.size(1),
                   {.padding_idx = options.padding_idx,
                    .max_norm = options.max_norm,
                    .norm_type = options.norm_type,
                    .scale_grad_by_freq = options.scale_grad_by_freq,
                    .sparse = options.sparse,
                    ._weight = embeddings,
                    ._freeze = options.freeze});
}

Embedding& Embedding::freeze_rows(const Tensor& rows, bool freeze) {
  nn::freeze_rows(weight, rows, freeze);
  return *this;
}

void Embedding::reset_parameters() { detail::draw_table(weight, padding_idx); }

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
    return taper::detail::embedding(detail::who_is("Embedding", *this, weight), indices, weight, options);
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
