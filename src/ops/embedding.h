#pragma once

#include <string_view>

#include "taper/ops/embedding.h"

namespace taper::detail {

/// embedding whose IndexError begins with the name that a module has, such as "Embedding 'tok'".
Tensor embedding(std::string_view who, const Tensor& indices, const Tensor& weight, const EmbeddingOptions& options);

}  // namespace taper::detail
