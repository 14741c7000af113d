#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/distributions.h"
#include "taper/base/error.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"

namespace taper {
namespace {

void check_multinomial(const Tensor& p, std::int64_t num_samples, bool replacement) {
  detail::check_dense("multinomial", p);
  if (p.dim() < 1 || p.dim() > 2)
    throw ShapeError(
        fmt::format("multinomial: prob_dist must be 1 or 2 dim; this one has shape {}", to_string(p.shape())));
  if (!is_floating_point(p.dtype()))
    throw TypeError(fmt::format("multinomial: probabilities of {}; float32 or float64 is needed", name(p.dtype())));
  if (num_samples <= 0)
    throw ValueError(fmt::format("multinomial: cannot sample num_samples = {}; at least 1 is needed", num_samples));
  const std::int64_t categories = p.size(-1);
  if (!replacement && num_samples > categories)
    throw ValueError(fmt::format("multinomial: cannot sample num_samples = {} > {} categories without replacement",
                                 num_samples, categories));
  constexpr std::int64_t most = std::int64_t{1} << 24;
  if (categories > most)
    throw ValueError(fmt::format("multinomial: {} categories; at most {} are possible", categories, most));
}

// Each row, of n probabilities, has to be a distribution, whose sum is needed for drawing with replacement alone.
template <class T>
void check_rows(const T* p, std::int64_t rows, std::int64_t n, bool replacement) {
  for (std::int64_t r = 0; r < rows; ++r) {
    T sum = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const T x = p[r * n + i];
      if (!(x >= 0) || !std::isfinite(x))
        throw ValueError(fmt::format(
            "multinomial: probability {} of category {} in row {}; finite numbers of at least 0 are needed", x, i, r));
      sum += x;
    }
    if (!(sum > 0) || (replacement && !std::isfinite(sum)))
      throw ValueError(fmt::format(
          "multinomial: invalid multinomial distribution: the probabilities of row {} sum up to {}", r, sum));
  }
}

}  // namespace

Tensor multinomial(const Tensor& input, std::int64_t num_samples, bool replacement, Generator* generator) {
  check_multinomial(input, num_samples, replacement);
  const Tensor p = input.detach();
  const std::int64_t rows = p.dim() == 2 ? p.size(0) : 1;
  const std::int64_t n = p.size(-1);
  Tensor out = detail::make_tensor(p.dim() == 2 ? Shape{rows, num_samples} : Shape{num_samples}, int64);
  const Tensor row_major = contiguous(p);
  detail::dispatch_floating(p.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* probabilities = row_major.data<T>();
    auto* chosen = out.data<std::int64_t>();
    check_rows(probabilities, rows, n, replacement);
    if (replacement) {
      Generator& source = detail::chosen(generator);
      const GeneratorLock lock(source);
      std::vector<T> cumulative(static_cast<std::size_t>(n));
      for (std::int64_t r = 0; r < rows; ++r)
        kernels::draw_with_replacement(probabilities + r * n, n, chosen + r * num_samples, num_samples,
                                       cumulative.data(), source);
      return;
    }
    // The largest of p / q, q exponential, are categories drawn one after another and not put back.
    const Tensor scores = contiguous(p / detail::make_like(p, p.dtype()).exponential_(1.0, generator));
    for (std::int64_t r = 0; r < rows; ++r)
      kernels::largest(scores.data<T>() + r * n, n, chosen + r * num_samples, num_samples);
  });
  return out;
}
Tensor Tensor::multinomial(std::int64_t num_samples, bool replacement, Generator* generator) const {
  return taper::multinomial(*this, num_samples, replacement, generator);
}

}  // namespace taper
