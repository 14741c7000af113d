#pragma once

#include <string_view>

#include "taper/ops/embedding_bag.h"

namespace taper::detail {

/// embedding_bag whose IndexError begins with the name that a module has, such as "EmbeddingBag 'bag'".
Tensor embedding_bag(std::string_view who, const Tensor& input, const Tensor& weight, const Tensor& offsets,
                     const EmbeddingBagOptions& options);

}  // namespace taper::detail
