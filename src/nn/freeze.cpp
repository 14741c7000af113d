#include "taper/nn/freeze.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

#include "ops/index_rows.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::nn {
namespace {

using Numbers = std::vector<std::int64_t>;

Tensor without_entries(const Tensor& gradient, const Numbers& frozen) {
  const Tensor rows = gradient.indices().select(0, 0).contiguous();
  Numbers kept;
  for (std::int64_t i = 0; i < rows.numel(); ++i)
    if (!std::binary_search(frozen.begin(), frozen.end(), rows.data<std::int64_t>()[i])) kept.push_back(i);
  const auto count = static_cast<std::int64_t>(kept.size());
  if (count == rows.numel()) return {};
  const NoGradGuard unrecorded;
  const Tensor at = count == 0 ? zeros({0}, int64) : tensor(kept);
  return taper::detail::make_sparse(rows.index_select(0, at).unsqueeze(0), gradient.values().index_select(0, at),
                                    gradient.shape(), gradient.is_coalesced() || count < 2);
}

Tensor with_zero_rows(const Tensor& gradient, const Numbers& frozen) {
  Shape shape = Shape::filled(gradient.dim(), 1);
  shape[0] = gradient.size(0);
  const Tensor mask = zeros(shape, bool_);
  for (const std::int64_t row : frozen) mask.data<bool>()[row] = true;
  return masked_fill(gradient, mask, 0);
}

// What the leaf's own hook makes of a gradient: undefined where it stays as it is.
Tensor masked(const Tensor& gradient, const Tensor& rows) {
  const Numbers frozen = rows.to_vector<std::int64_t>();
  if (frozen.empty()) return {};
  return gradient.is_sparse() ? without_entries(gradient, frozen) : with_zero_rows(gradient, frozen);
}

Numbers sorted_rows(const Tensor& parameter, const Tensor& rows) {
  Numbers result = taper::detail::checked_index("freeze_rows", rows, parameter.shape()[0]).to_vector<std::int64_t>();
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

}  // namespace

void freeze_rows(const Tensor& parameter, const Tensor& rows, bool freeze) {
  if (parameter.dim() == 0) throw ShapeError("freeze_rows: a 0-d parameter has no rows");
  const Numbers named = sorted_rows(parameter, rows);
  const Numbers before = frozen_rows(parameter).to_vector<std::int64_t>();
  Numbers after;
  if (freeze)
    std::set_union(before.begin(), before.end(), named.begin(), named.end(), std::back_inserter(after));
  else
    std::set_difference(before.begin(), before.end(), named.begin(), named.end(), std::back_inserter(after));
  taper::detail::Extra& parts = taper::detail::extra(parameter);
  if (!parts.frozen.defined()) {
    // The hook is a part of the tensor that it looks at.
    const taper::detail::TensorImpl* impl = parameter.impl();
    parts.hooks.push_back(
        {taper::detail::kOwnHook, std::make_shared<const Callable<Tensor(const Tensor&)>>(
                                      [impl](const Tensor& g) { return masked(g, impl->extra->frozen); })});
  }
  parts.frozen = after.empty() ? zeros({0}, int64) : tensor(after);
}

Tensor frozen_rows(const Tensor& parameter) {
  const taper::detail::Extra* parts = parameter.get().extra;
  return parts == nullptr || !parts->frozen.defined() ? zeros({0}, int64) : parts->frozen.clone();
}

}  // namespace taper::nn
