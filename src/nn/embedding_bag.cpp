#include "taper/nn/embedding_bag.h"

#include <fmt/format.h>

#include "nn/table.h"
#include "nn/text.h"
#include "ops/embedding_bag.h"
#include "taper/base/error.h"
#include "taper/nn/freeze.h"

namespace taper::nn {
namespace {

std::string checked_mode(const EmbeddingBagOptions& options) {
  if (options.mode != "sum" && options.mode != "mean" && options.mode != "max")
    throw ValueError(fmt::format("EmbeddingBag: mode has to be one of sum, mean or max, not '{}'", options.mode));
  return std::string(options.mode);
}

}  // namespace

EmbeddingBag::EmbeddingBag(std::int64_t rows, std::int64_t dim, const EmbeddingBagOptions& options)
    : num_embeddings(rows),
      embedding_dim(dim),
      max_norm(options.max_norm),
      norm_type(options.norm_type),
      scale_grad_by_freq(options.scale_grad_by_freq),
      mode(checked_mode(options)),
      sparse(options.sparse),
      include_last_offset(options.include_last_offset),
      weight(detail::make_table("EmbeddingBag",
                                {rows, dim, options.padding_idx, options._weight, options.device, options.dtype})) {
  padding_idx = detail::wrapped_padding("EmbeddingBag", options.padding_idx, rows);
  if (!options._weight.defined()) reset_parameters();
}

EmbeddingBag EmbeddingBag::from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options) {
  detail::check_pretrained(embeddings);
  EmbeddingBag bag(embeddings.size(0), embeddings.size(1),
                   {.max_norm = options.max_norm,
                    .norm_type = options.norm_type,
                    .scale_grad_by_freq = options.scale_grad_by_freq,
                    .mode = options.mode,
                    .sparse = options.sparse,
                    ._weight = embeddings,
                    .include_last_offset = options.include_last_offset,
                    .padding_idx = options.padding_idx});
  bag.weight.requires_grad_(!options.freeze);
  return bag;
}

EmbeddingBag& EmbeddingBag::freeze_rows(const Tensor& rows, bool freeze) {
  nn::freeze_rows(weight, rows, freeze);
  return *this;
}

void EmbeddingBag::reset_parameters() { detail::draw_table(weight, padding_idx); }

Tensor EmbeddingBag::forward(const Tensor& input, const Tensor& offsets, const Tensor& per_sample_weights) const {
  const taper::EmbeddingBagOptions options{.max_norm = max_norm,
                                           .norm_type = norm_type,
                                           .scale_grad_by_freq = scale_grad_by_freq,
                                           .mode = mode,
                                           .sparse = sparse,
                                           .per_sample_weights = per_sample_weights,
                                           .include_last_offset = include_last_offset,
                                           .padding_idx = padding_idx};
  try {
    return taper::embedding_bag(input, weight, offsets, options);
  } catch (const IndexError&) {
    // Once more for a message that says whose index it was. The first attempt has changed nothing.
    return taper::detail::embedding_bag(detail::who_is("EmbeddingBag", *this, weight), input, weight, offsets, options);
  }
}

std::string EmbeddingBag::extra_repr() const {
  std::string text = fmt::format("{}, {}", num_embeddings, embedding_dim);
  if (max_norm) text += ", max_norm=" + detail::python_float(*max_norm);
  if (norm_type != 2) text += ", norm_type=" + detail::python_float(norm_type);
  if (scale_grad_by_freq) text += ", scale_grad_by_freq=True";
  text += ", mode=" + mode;
  if (padding_idx) text += fmt::format(", padding_idx={}", *padding_idx);
  return text;
}

}  // namespace taper::nn
