#include "in_turn.h"

namespace taper_program {

namespace F = taper::nn::functional;
using taper::Tensor;

namespace {

// Takes the moves of the others off the scores of center `i`: the centers before it, with their slopes, have made them.
void follow(std::int64_t i, std::int64_t columns, const float* alike, const float* slopes, float rate, float* scores) {
  for (std::int64_t before = 0; before < i; ++before) {
    const float move = rate * alike[before];
    for (std::int64_t j = 0; j < columns; ++j) scores[j] -= move * slopes[before * columns + j];
  }
}

}  // namespace

Tensor InTurn::forward(Context& ctx, const Tensor& centers, const Tensor& others, const Tensor& targets,
                       const Tensor& weights, double rate) {
  const Tensor scores = matmul(centers, others.transpose(-2, -1));
  const Tensor alike = matmul(centers, centers.transpose(-2, -1));
  const Tensor slopes = empty_like(scores);
  const std::int64_t run = scores.size(-2), columns = scores.size(-1), blocks = scores.numel() / (run * columns);
  for (std::int64_t i = 0; i < run; ++i) {
    for (std::int64_t b = 0; b < blocks; ++b)
      follow(i, columns, alike.data<float>() + (b * run + i) * run, slopes.data<float>() + b * run * columns,
             static_cast<float>(rate), scores.data<float>() + (b * run + i) * columns);
    const Tensor chances = sigmoid(scores.select(-2, i));
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t at = (b * run + i) * columns;
      const float* chance = chances.data<float>() + b * columns;
      const float* target = targets.data<float>() + at;
      const float* weight = weights.data<float>() + at;
      float* slope = slopes.data<float>() + at;
      for (std::int64_t j = 0; j < columns; ++j) slope[j] = (chance[j] - target[j]) * weight[j];
    }
  }
  ctx.save_for_backward({centers, others, slopes});
  ctx.set(rate);
  return F::binary_cross_entropy_with_logits(scores, targets, {.weight = weights, .reduction = "sum"});
}

std::vector<Tensor> InTurn::backward(Context& ctx, const Tensor& grad) {
  const Tensor centers = ctx.saved(0), others = ctx.saved(1), slopes = ctx.saved(2);
  const std::int64_t run = slopes.size(-2), blocks = slopes.numel() / (run * slopes.size(-1));
  const auto rate = static_cast<float>(ctx.get<double>());
  const Tensor of_scores = slopes * grad;
  // How far the others have moved along each center before, where a center meets them.
  const Tensor moves = matmul(of_scores, slopes.transpose(-2, -1));
  float* move = moves.data<float>();
  for (std::int64_t i = 0; i < blocks * run; ++i)
    for (std::int64_t before = 0; before < run; ++before, ++move) *move *= before < i % run ? -rate : 0.0F;
  return {matmul(of_scores, others) + matmul(moves, centers), matmul(of_scores.transpose(-2, -1), centers), {}, {}};
}

}  // namespace taper_program
