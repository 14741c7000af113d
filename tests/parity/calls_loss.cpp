#include "parity/calls.h"
#include "taper/nn/functional.h"

namespace taper_test {

using namespace taper;

namespace {

using T = const Tensor&;
using Text = const std::string&;
using Dim = std::int64_t;

void add_class_losses(Calls& calls) {
  calls.insert({
      {"nll_loss", call([](T x, T target, Dim ignored, Text reduction) {
         return F::nll_loss(x, target, {.ignore_index = ignored, .reduction = reduction});
       })},
      {"nll_loss.weight", call([](T x, T target, T weight, Dim ignored, Text reduction) {
         return F::nll_loss(x, target, {.weight = weight, .ignore_index = ignored, .reduction = reduction});
       })},
      {"cross_entropy", call([](T x, T target, Dim ignored, Text reduction, double smoothing) {
         return F::cross_entropy(x, target,
                                 {.ignore_index = ignored, .reduction = reduction, .label_smoothing = smoothing});
       })},
      {"cross_entropy.weight", call([](T x, T target, T weight, Dim ignored, Text reduction, double smoothing) {
         return F::cross_entropy(
             x, target,
             {.weight = weight, .ignore_index = ignored, .reduction = reduction, .label_smoothing = smoothing});
       })},
      {"cross_entropy.shares", call([](T x, T target, Text reduction, double smoothing) {
         return F::cross_entropy(x, target, {.reduction = reduction, .label_smoothing = smoothing});
       })},
  });
}

void add_binary_losses(Calls& calls) {
  calls.insert({
      {"binary_cross_entropy",
       call([](T x, T y, Text reduction) { return F::binary_cross_entropy(x, y, {.reduction = reduction}); })},
      {"binary_cross_entropy.weight", call([](T x, T y, T weight, Text reduction) {
         return F::binary_cross_entropy(x, y, {.weight = weight, .reduction = reduction});
       })},
      {"binary_cross_entropy_with_logits", call([](T x, T y, Text reduction) {
         return F::binary_cross_entropy_with_logits(x, y, {.reduction = reduction});
       })},
      {"binary_cross_entropy_with_logits.weight", call([](T x, T y, T weight, T positive, Text reduction) {
         return F::binary_cross_entropy_with_logits(x, y,
                                                    {.weight = weight, .reduction = reduction, .pos_weight = positive});
       })},
  });
}

}  // namespace

Calls loss_calls() {
  Calls calls{
      {"mse_loss", call([](T x, T y, Text reduction) { return F::mse_loss(x, y, {.reduction = reduction}); })},
      {"l1_loss", call([](T x, T y, Text reduction) { return F::l1_loss(x, y, {.reduction = reduction}); })},
      {"kl_div", call([](T x, T y, Text reduction, bool logarithms) {
         return F::kl_div(x, y, {.reduction = reduction, .log_target = logarithms});
       })},
      {"cosine_similarity", call([](T x, T y, Dim dim, double eps) { return F::cosine_similarity(x, y, dim, eps); })},
      {"cosine_embedding_loss", call([](T x, T y, T target, double margin, Text reduction) {
         return F::cosine_embedding_loss(x, y, target, {.margin = margin, .reduction = reduction});
       })},
      {"layer_norm", call([](T x, T weight, T bias, const Shape& shape, double eps) {
         return F::layer_norm(x, shape, weight, bias, eps);
       })},
      {"layer_norm.row", call([](T x, T weight, T bias, const Shape& shape, double eps) {
         return F::layer_norm(x, shape, weight, bias, eps);
       })},
      {"layer_norm.plain",
       call([](T x, const Shape& shape, double eps) { return F::layer_norm(x, shape, {}, {}, eps); })},
  };
  add_class_losses(calls);
  add_binary_losses(calls);
  return calls;
}

}  // namespace taper_test
