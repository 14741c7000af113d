#pragma once

#include "taper/ops/dropout.h"
#include "taper/ops/embedding.h"
#include "taper/ops/embedding_bag.h"
#include "taper/ops/index.h"
#include "taper/ops/layer_norm.h"
#include "taper/ops/loss.h"
#include "taper/ops/matmul.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

/// What layers compute, under the names of torch.nn.functional. Most of it are operations, described where they are
/// declared.
namespace taper::nn::functional {

using taper::gelu;
using taper::log_softmax;
using taper::logsigmoid;
using taper::relu;
using taper::sigmoid;
using taper::silu;
using taper::softmax;
using taper::softplus;
using taper::tanh;

using taper::dropout;
using taper::embedding;
using taper::embedding_bag;
using taper::layer_norm;
using taper::linear;
using taper::normalize;
using taper::one_hot;

using taper::binary_cross_entropy;
using taper::binary_cross_entropy_with_logits;
using taper::cosine_embedding_loss;
using taper::cosine_similarity;
using taper::cross_entropy;
using taper::kl_div;
using taper::l1_loss;
using taper::mse_loss;
using taper::nll_loss;

}  // namespace taper::nn::functional

namespace taper {
namespace F = nn::functional;
}  // namespace taper
