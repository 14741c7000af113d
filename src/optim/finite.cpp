#include "optim/finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "autograd/row_gradient.h"
#include "optim/param.h"
#include "taper/base/error.h"

namespace taper::optim::detail {
namespace {

// The first number that is not finite; the count where there is none.
std::int64_t find_not_finite(const Tensor& flat) {
  std::int64_t at = 0;
  taper::detail::dispatch_floating(flat.dtype(), [&](auto zero) {
    const auto* first = taper::detail::numbers_now<decltype(zero)>(flat);
    at = std::find_if(first, first + flat.numel(), [](auto x) { return !std::isfinite(x); }) - first;
  });
  return at;
}

double number_at(const Tensor& flat, std::int64_t at) {
  double result = 0;
  taper::detail::dispatch_floating(flat.dtype(), [&](auto zero) {
    result = static_cast<double>(taper::detail::numbers_now<decltype(zero)>(flat)[at]);
  });
  return result;
}

// Where it is: a row of a table, else an element; nothing where there is but one.
std::string place(const Tensor& grad, std::int64_t at) {
  if (grad.dim() == 0) return "";
  if (grad.is_sparse()) {
    const RowList list(grad);
    return fmt::format(" row {}", list.rows()[at / list.dim]);
  }
  if (grad.dim() == 1) return fmt::format(" element {}", at);
  return fmt::format(" row {}", at / (grad.numel() / grad.size(0)));
}

}  // namespace

void check_finite(const char* op, const Tensor& given, const std::string& what, std::int64_t step) {
  const Tensor grad = taper::detail::with_rows_summed(given);
  const Tensor flat = grad.is_sparse() ? taper::detail::numbers_to_read(grad) : grad.detach().contiguous();
  const std::int64_t at = find_not_finite(flat);
  if (at == flat.numel()) return;
  constexpr std::string_view kind = "parameter '";
  const std::string_view named = what;
  throw NumericError(fmt::format("{}: grad of {}{}, step {} is {}; no parameter was changed", op,
                                 named.starts_with(kind) ? named.substr(kind.size() - 1) : named, place(grad, at), step,
                                 number_at(flat, at)));
}

}  // namespace taper::optim::detail
