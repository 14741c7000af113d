#pragma once

#include <string>
#include <vector>

#include "operation_cases.h"
#include "taper/autograd/autograd.h"
#include "taper/ops/create.h"
#include "taper/ops/embedding_bag.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

/// What embedding_bag means, written out: index_select, weights, and one bag after the other.
namespace taper_test {

using Numbers = std::vector<double>;
using Positions = std::vector<std::int64_t>;

inline taper::Tensor positions(const Positions& list) {
  return list.empty() ? taper::zeros({0}, taper::int64) : taper::tensor(list);
}

/// Where each bag begins, and where the last one ends.
inline Positions bag_bounds(const taper::Tensor& ids, const taper::Tensor& offsets, bool include_last) {
  if (offsets.defined()) {
    Positions bounds = offsets.to_vector<std::int64_t>();
    if (!include_last) bounds.push_back(ids.numel());
    return bounds;
  }
  Positions bounds;
  for (std::int64_t b = 0; b <= ids.size(0); ++b) bounds.push_back(b * ids.size(1));
  return bounds;
}

inline taper::Tensor reference_bags(const taper::Tensor& ids, const taper::Tensor& weight, const taper::Tensor& offsets,
                                    const taper::EmbeddingBagOptions& options) {
  const taper::Tensor flat = ids.reshape({ids.numel()});
  const Positions numbers = flat.to_vector<std::int64_t>();
  const Positions bounds = bag_bounds(ids, offsets, options.include_last_offset);
  const std::int64_t padding =
      !options.padding_idx ? -1 : *options.padding_idx + (*options.padding_idx < 0 ? weight.size(0) : 0);
  taper::Tensor rows = weight.index_select(0, flat);
  if (options.per_sample_weights.defined()) rows = rows * options.per_sample_weights.reshape({ids.numel(), 1});
  std::vector<taper::Tensor> bags;
  for (std::size_t b = 0; b + 1 < bounds.size(); ++b) {
    Positions kept;
    for (std::int64_t i = bounds[b]; i < bounds[b + 1]; ++i)
      if (numbers[static_cast<std::size_t>(i)] != padding) kept.push_back(i);
    const taper::Tensor bag = rows.index_select(0, positions(kept));
    if (kept.empty() || options.mode == "sum")
      bags.push_back(bag.sum(0));
    else
      bags.push_back(options.mode == "mean" ? bag.mean(0) : bag.amax({0}));
  }
  return taper::stack(bags);
}

/// embedding_bag and its reference on the same leaves: equal results and gradients.
struct BagComparison {
  taper::Tensor ids;
  taper::Tensor table;
  taper::Tensor offsets{};
  taper::EmbeddingBagOptions options{};
  bool trainable = true;  ///< whether per_sample_weights learn

  bool agrees() const {
    const Result ours = run(true);
    const Result theirs = run(false);
    const double largest = 10 + static_cast<double>(ids.numel()) / 10;  // of what long sums are made of
    if (!near(ours.out, theirs.out, largest) || !near(ours.weight, theirs.weight, largest)) return false;
    return !ours.factors.defined() || near(ours.factors, theirs.factors, largest);
  }

 private:
  struct Result {
    taper::Tensor out, weight, factors;
  };

  Result run(bool ours) const {
    const taper::Tensor weight = table.detach().clone().requires_grad_();
    taper::EmbeddingBagOptions all = options;
    if (options.per_sample_weights.defined()) {
      all.per_sample_weights = options.per_sample_weights.detach().clone();
      if (trainable) all.per_sample_weights.requires_grad_();
    }
    const taper::Tensor out =
        ours ? taper::embedding_bag(ids, weight, offsets, all) : reference_bags(ids, weight, offsets, all);
    const taper::Tensor uneven = taper::linspace(-1, 2, out.numel(), {.dtype = out.dtype()}).reshape(out.shape());
    (out * uneven).sum().backward();
    Result result{out.detach(), weight.grad().to_dense(), {}};
    if (trainable && all.per_sample_weights.defined()) result.factors = all.per_sample_weights.grad();
    return result;
  }
};

}  // namespace taper_test
