#include "ops/embedding_bag.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "autograd/row_gradient.h"
#include "kernels/bags.h"
#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "ops/lookup.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

using detail::dense;
using detail::dispatch_floating;
using detail::Lookup;
using detail::make_tensor;
using detail::with_index;

enum class Mode { sum, mean, max };

// A checked call. Bag b is [bounds[b], bounds[b + 1]) of the flat indices.
struct Call {
  Lookup how;
  Mode mode = Mode::mean;
  Tensor indices;  // [count]
  Tensor bounds;   // int64 [bags + 1]
  Tensor factors;  // per_sample_weights, of input's shape, or undefined
  std::int64_t bags() const { return bounds.numel() - 1; }
};

// What backward needs of a call besides its tensors.
struct Shown {
  Lookup how;
  Mode mode;
};

template <class Index>
kernels::Bags<Index> bags_of(const Index* indices, const Tensor& bounds, const Lookup& how) {
  return {indices, bounds.data<std::int64_t>(), bounds.numel() - 1, how.padding};
}

// int64 [count]: the bag that each index is in.
Tensor bag_of_each(const Tensor& bounds, std::int64_t count) {
  Tensor result = make_tensor({count}, DType::int64);
  auto* to = result.data<std::int64_t>();
  const auto* at = bounds.data<std::int64_t>();
  for (std::int64_t b = 0; b + 1 < bounds.numel(); ++b) std::fill(to + at[b], to + at[b + 1], b);
  return result;
}

// How many of each bag's indices are not padding.
std::vector<std::int64_t> sizes_of(const Tensor& indices, const Tensor& bounds, const Lookup& how) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(bounds.numel() - 1));
  with_index(indices, [&](const auto* numbers) {
    const auto* at = bounds.data<std::int64_t>();
    for (std::size_t b = 0; b < sizes.size(); ++b)
      sizes[b] = std::count_if(numbers + at[b], numbers + at[b + 1], [&](auto k) { return k != how.padding; });
  });
  return sizes;
}

// [count]: what each index's row counts for besides its per_sample_weights, in double until the last.
Tensor scales(const Tensor& indices, const Tensor& bounds, const Tensor& factors, const Shown& c, DType dtype) {
  const std::int64_t count = indices.numel();
  const std::vector<std::int64_t> counts =
      c.how.scaled ? detail::frequencies(indices, c.how.rows) : std::vector<std::int64_t>();
  const std::vector<std::int64_t> sizes =
      c.mode == Mode::mean ? sizes_of(indices, bounds, c.how) : std::vector<std::int64_t>();
  const Tensor given = factors.defined() ? dense(factors) : Tensor();
  const auto* ends = bounds.data<std::int64_t>();
  Tensor result = make_tensor({count}, dtype);
  dispatch_floating(dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* of_each = given.defined() ? given.data<T>() : nullptr;
    T* to = result.data<T>();
    with_index(indices, [&](const auto* numbers) {
      for (std::int64_t b = 0; b + 1 < bounds.numel(); ++b) {
        const double size = sizes.empty() ? 1.0 : static_cast<double>(sizes[static_cast<std::size_t>(b)]);
        const T of_bag = static_cast<T>(1.0 / size);
        for (std::int64_t i = ends[b]; i < ends[b + 1]; ++i) {
          to[i] = of_each ? of_each[i] : of_bag;
          if (!counts.empty()) {
            const auto often = static_cast<double>(counts[static_cast<std::size_t>(numbers[i])]);
            to[i] = static_cast<T>((of_each ? static_cast<double>(of_each[i]) : 1.0) / often / size);
          }
          if (numbers[i] == c.how.padding) to[i] = T{0};
        }
      }
    });
  });
  return result;
}

Tensor rows_by_bag(const Tensor& rows, const Tensor& bag_of, std::int64_t bags) {
  return zeros({bags, rows.size(1)}, {.dtype = rows.dtype()}).index_add(0, bag_of, rows);
}

// grad_weight = sum over all indices i of scale[i] g[bag of i], at row i, in PyTorch's order. `few`: held by rows.
Tensor sum_gradients(const Tensor& g, const Tensor& indices, const Tensor& bounds, const Tensor& factors,
                     const Shown& c, bool few) {
  const std::int64_t count = indices.numel();
  Tensor numbers = make_tensor({count}, DType::int64);
  detail::copy_raw(numbers, indices);
  const auto* rows = numbers.data<std::int64_t>();
  const kernels::RowGroups groups = kernels::group_rows(rows, count);
  const Tensor scale = scales(indices, bounds, factors, c, g.dtype());
  const Tensor bags = bag_of_each(bounds, count);
  const Tensor from = dense(g);
  Tensor out =
      few ? make_tensor({groups.size(), c.how.dim}, g.dtype()) : zeros({c.how.rows, c.how.dim}, {.dtype = g.dtype()});
  dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::add_bag_gradients(groups, rows, c.how.padding, !few, from.data<T>(), c.how.dim, bags.data<std::int64_t>(),
                               scale.data<T>(), out.data<T>());
  });
  if (!few) return out;
  std::vector<std::int64_t> touched(static_cast<std::size_t>(groups.size()));
  for (std::int64_t r = 0; r < groups.size(); ++r) touched[static_cast<std::size_t>(r)] = rows[groups.first(r)];
  return detail::make_row_held(touched, out, {c.how.rows, c.how.dim});
}

// factors [count] or undefined as a column.
Tensor column(const Tensor& x) { return x.reshape({x.numel(), 1}); }

Tensor dense_gradient(const Tensor& g, const Tensor& indices, const Tensor& bounds, const Tensor& factors,
                      const Shown& c) {
  Tensor out = sum_gradients(g, indices, bounds, factors, c, false);
  return record("EmbeddingBagDenseBackwardBackward0", std::move(out), {g, factors},
                saved(g, indices, bounds, factors, c),
                [](Grads& dx, const Tensor& gg, const Tensor& from, const Tensor& at, const Tensor& ends,
                   const Tensor& weights, const Shown& call) {
                  const Tensor bags = bag_of_each(ends, at.numel());
                  const Tensor rows = gg.index_select(0, at) * column(scales(at, ends, Tensor(), call, gg.dtype()));
                  if (dx.wants(0))
                    dx.add(0, rows_by_bag(weights.defined() ? rows * column(weights) : rows, bags, ends.numel() - 1));
                  if (dx.wants(1)) dx.add(1, (rows * from.index_select(0, bags)).sum(-1).reshape(weights.shape()));
                });
}

// [count, dim]: each index's share, multiplied in PyTorch's order.
Tensor row_gradients(const Tensor& g, const Tensor& indices, const Tensor& bounds, const Tensor& factors,
                     const Shown& c) {
  Shown unscaled = c;
  unscaled.how.scaled = false;
  const bool whole = c.mode == Mode::sum && !factors.defined();
  const Tensor scale = whole ? Tensor() : scales(indices, bounds, factors, unscaled, g.dtype());
  const Tensor from = dense(g);
  Tensor rows = make_tensor({indices.numel(), c.how.dim}, g.dtype());
  dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::spread_bags(from.data<T>(), c.how.dim, bounds.data<std::int64_t>(), bounds.numel() - 1,
                         whole ? nullptr : scale.data<T>(), rows.data<T>());
  });
  return rows;
}

Tensor factors_gradient(const Tensor& g, const Tensor& indices, const Tensor& bounds, const Tensor& weight,
                        const Shape& shape, const Shown& c) {
  const Tensor from = dense(g);
  const Tensor table = dense(weight);
  const Tensor bags = bag_of_each(bounds, indices.numel());
  Tensor out = make_tensor(shape, g.dtype());
  dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    with_index(indices, [&](const auto* numbers) {
      kernels::row_products(from.data<T>(), bags.data<std::int64_t>(), table.data<T>(), numbers, indices.numel(),
                            c.how.dim, c.how.padding, out.data<T>());
    });
  });
  return record("EmbeddingBagPerSampleWeightsBackwardBackward0", std::move(out), {g, weight},
                saved(g, indices, bounds, weight, c),
                [](Grads& dx, const Tensor& gg, const Tensor& cotangent, const Tensor& at, const Tensor& ends,
                   const Tensor& rows, const Shown& call) {
                  const Tensor bags_of = bag_of_each(ends, at.numel());
                  Tensor each = gg.reshape({at.numel()});
                  if (call.how.padding >= 0) each = masked_fill(each, at == call.how.padding, 0);
                  if (dx.wants(0))
                    dx.add(0, rows_by_bag(rows.index_select(0, at) * column(each), bags_of, ends.numel() - 1));
                  if (dx.wants(1))
                    dx.add(1, zeros({call.how.rows, call.how.dim}, {.dtype = gg.dtype()})
                                  .index_add(0, at, cotangent.index_select(0, bags_of) * column(each)));
                });
}

Tensor reduce_sums(const Call& c, const Tensor& weight) {
  Tensor out = make_tensor({c.bags(), c.how.dim}, weight.dtype());
  const Tensor table = dense(weight);
  const Tensor factors = c.factors.defined() ? dense(c.factors) : Tensor();
  // PyTorch's fast path, and with it the fused sum, takes float32 without padding in rows without gaps.
  const bool fused = weight.dtype() == DType::float32 && c.how.padding < 0 && weight.strides()[1] == 1;
  dispatch_floating(weight.dtype(), [&](auto zero) {
    using T = decltype(zero);
    with_index(c.indices, [&](const auto* numbers) {
      kernels::sum_bags(table.data<T>(), c.how.dim, bags_of(numbers, c.bounds, c.how),
                        factors.defined() ? factors.data<T>() : nullptr, fused, out.data<T>());
    });
    if (c.mode != Mode::mean) return;
    const std::vector<std::int64_t> sizes = sizes_of(c.indices, c.bounds, c.how);
    for (std::size_t b = 0; b < sizes.size(); ++b) {
      T* sum = out.data<T>() + static_cast<std::int64_t>(b) * c.how.dim;
      if (sizes[b] > 1) std::for_each(sum, sum + c.how.dim, [&](T& x) { x /= static_cast<T>(sizes[b]); });
    }
  });
  const Tensor rows = c.factors.defined() && c.factors.requires_grad() ? weight : Tensor();
  return record("EmbeddingBagBackward0", std::move(out), {weight, c.factors},
                saved(c.indices, c.bounds, c.factors, rows, Shown{c.how, c.mode}),
                [](Grads& dx, const Tensor& g, const Tensor& at, const Tensor& ends, const Tensor& factors_,
                   const Tensor& table_, const Shown& call) {
                  const bool differentiated = dx.recording() && (g.requires_grad() || dx.wants(1));
                  if (dx.wants(0)) {
                    if (call.how.sparse && dx.is_leaf(0) && !differentiated)
                      dx.add(0, detail::sparse_gradient(row_gradients(g, at, ends, factors_, call), at, call.how));
                    else if (dx.is_leaf(0) && !dx.recording() && detail::touches_few_rows(at, call.how))
                      dx.add(0, sum_gradients(g, at, ends, factors_, call, true));
                    else
                      dx.add(0, dense_gradient(g, at, ends, factors_, call));
                  }
                  if (dx.wants(1)) dx.add(1, factors_gradient(g, at, ends, table_, factors_.shape(), call));
                });
}

Tensor at_max(const Tensor& table, const Tensor& at);

// Zeros [rows, dim] with g added at the rows `at`.
Tensor max_sums(const Tensor& g, const Tensor& at, std::int64_t rows) {
  const std::int64_t dim = at.size(1);
  Tensor out = zeros({rows, dim}, {.dtype = g.dtype()});
  const Tensor from = dense(g);
  dispatch_floating(g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::add_at_max(out.data<T>(), dim, at.data<std::int64_t>(), at.size(0), from.data<T>());
  });
  return out;
}

Tensor max_gradient(const Tensor& g, const Tensor& at, std::int64_t rows) {
  return record("EmbeddingBagDenseBackwardBackward0", max_sums(g, at, rows), {g}, saved(at),
                [](Grads& dx, const Tensor& gg, const Tensor& where) { dx.add(0, at_max(gg, where)); });
}

// The same held by rows: those that were looked up, whether max has read of them or not.
Tensor row_held_max_gradient(const Tensor& g, const Tensor& at, const Tensor& indices, std::int64_t rows) {
  const std::vector<std::int64_t> touched = with_index(
      indices, [&](const auto* numbers) { return kernels::distinct_indices(numbers, indices.numel(), rows); });
  Tensor places = make_tensor(at.shape(), DType::int64);
  const auto* row = at.data<std::int64_t>();
  std::transform(row, row + at.numel(), places.data<std::int64_t>(), [&](std::int64_t k) {
    return k < 0 ? k : std::lower_bound(touched.begin(), touched.end(), k) - touched.begin();
  });
  const auto distinct = static_cast<std::int64_t>(touched.size());
  return detail::make_row_held(touched, max_sums(g, places, distinct), {rows, at.size(1)});
}

// `indices`: the flat ones of a lookup, or undefined.
Tensor recorded_max(Tensor out, const Tensor& weight, const Tensor& at, const Tensor& indices) {
  return record("EmbeddingBagBackward0", std::move(out), {weight}, saved(at, indices, weight.shape()[0]),
                [](Grads& dx, const Tensor& g, const Tensor& where, const Tensor& numbers, std::int64_t rows) {
                  const bool few = numbers.defined() && numbers.numel() * 4 <= rows;
                  if (few && dx.is_leaf(0) && !dx.recording())
                    dx.add(0, row_held_max_gradient(g, where, numbers, rows));
                  else
                    dx.add(0, max_gradient(g, where, rows));
                });
}

Tensor at_max(const Tensor& table, const Tensor& at) {
  Tensor out = make_tensor(at.shape(), table.dtype());
  const Tensor from = dense(table);
  dispatch_floating(table.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::take_at_max(from.data<T>(), at.size(1), at.data<std::int64_t>(), at.size(0), out.data<T>());
  });
  return recorded_max(std::move(out), table, at, Tensor());
}

Tensor reduce_maxima(const Call& c, const Tensor& weight) {
  Tensor out = make_tensor({c.bags(), c.how.dim}, weight.dtype());
  Tensor at = make_tensor({c.bags(), c.how.dim}, DType::int64);
  const Tensor table = dense(weight);
  dispatch_floating(weight.dtype(), [&](auto zero) {
    using T = decltype(zero);
    with_index(c.indices, [&](const auto* numbers) {
      kernels::max_bags(table.data<T>(), c.how.dim, bags_of(numbers, c.bounds, c.how), out.data<T>(),
                        at.data<std::int64_t>());
    });
  });
  return recorded_max(std::move(out), weight, at, c.indices);
}

Mode parse_mode(const EmbeddingBagOptions& options) {
  if (options.mode == "sum") return Mode::sum;
  if (options.mode == "mean") return Mode::mean;
  if (options.mode != "max")
    throw ValueError(fmt::format("embedding_bag: mode has to be one of sum, mean or max, not '{}'", options.mode));
  if (options.scale_grad_by_freq)
    throw ValueError("embedding_bag: max mode does not support scaling the gradient by the frequency; use sum or mean");
  if (options.sparse)
    throw ValueError("embedding_bag: max mode does not support sparse weights; use sum or mean, or sparse = false");
  return Mode::max;
}

void check_factors(const Tensor& input, const Tensor& weight, const EmbeddingBagOptions& options) {
  const Tensor& factors = options.per_sample_weights;
  if (!factors.defined()) return;
  if (options.mode != "sum")
    throw ValueError(
        fmt::format("embedding_bag: per_sample_weights is only supported for mode='sum', not for '{}'", options.mode));
  if (factors.shape() != input.shape())
    throw ShapeError(
        fmt::format("embedding_bag: per_sample_weights has shape {} and must have the same shape as the input, {}",
                    to_string(factors.shape()), to_string(input.shape())));
  if (factors.dtype() != weight.dtype())
    throw TypeError(fmt::format("embedding_bag: per_sample_weights are {} and must have the same type as weight, {}",
                                name(factors.dtype()), name(weight.dtype())));
}

// The bounds of B bags of N.
Tensor even_bounds(const Tensor& input) {
  Tensor bounds = make_tensor({input.shape()[0] + 1}, DType::int64);
  for (std::int64_t b = 0; b < bounds.numel(); ++b) bounds.data<std::int64_t>()[b] = b * input.shape()[1];
  return bounds;
}

Tensor checked_bounds(const Tensor& input, const Tensor& offsets, bool include_last) {
  if (input.dim() == 2) {
    if (offsets.defined())
      throw ValueError(fmt::format("embedding_bag: a 2D input of shape {} is {} bags of {}, so offsets has to be None",
                                   to_string(input.shape()), input.shape()[0], input.shape()[1]));
    return even_bounds(input);
  }
  if (input.dim() != 1)
    throw ShapeError(
        fmt::format("embedding_bag: input has to be a 1D or 2D Tensor, but has shape {}", to_string(input.shape())));
  if (!offsets.defined())
    throw ValueError("embedding_bag: offsets has to be a 1D Tensor where the input is 1D, but got None");
  if (offsets.dim() != 1)
    throw ShapeError(
        fmt::format("embedding_bag: offsets has to be a 1D Tensor, but has shape {}", to_string(offsets.shape())));
  if (offsets.dtype() != DType::int64 && offsets.dtype() != DType::int32)
    throw TypeError(fmt::format("embedding_bag: offsets must be int32 or int64, got {}", name(offsets.dtype())));
  const std::int64_t length = input.numel();
  const std::int64_t given = offsets.numel();
  if (include_last && given == 0)
    throw ValueError("embedding_bag: include_last_offset needs at least 1 offset, got none");
  Tensor bounds = make_tensor({include_last ? given : given + 1}, DType::int64);
  auto* at = bounds.data<std::int64_t>();
  at[given == 0 ? 0 : bounds.numel() - 1] = given == 0 ? 0 : length;
  detail::copy_raw(detail::alias(bounds, {given}, {1}), offsets);
  if (given > 0 && at[0] != 0)
    throw ValueError(fmt::format(
        "embedding_bag: offsets[0] has to be 0, so that the first bag begins at position 0, but it is {}", at[0]));
  for (std::int64_t i = 1; i < given; ++i)
    if (at[i] < at[i - 1])
      throw ValueError(fmt::format("embedding_bag: offsets[{}] is {}, below offsets[{}], which is {}; offsets ascend",
                                   i, at[i], i - 1, at[i - 1]));
  if (given > 0 && at[given - 1] > length)
    throw ValueError(fmt::format("embedding_bag: offsets[-1] can not be greater than input's length {}, but it is {}",
                                 length, at[given - 1]));
  if (include_last && at[given - 1] != length)
    throw ValueError(
        fmt::format("embedding_bag: offsets[-1] is {}; with include_last_offset it has to be the input's length, {}",
                    at[given - 1], length));
  return bounds;
}

}  // namespace

namespace detail {

Tensor embedding_bag(std::string_view who, const Tensor& input, const Tensor& weight, const Tensor& offsets,
                     const EmbeddingBagOptions& options) {
  if (is_floating_point(input.dtype()) && !is_floating_point(weight.dtype())) {
    warn("embedding_bag: the order of arguments is (input, weight); they were given the other way round");
    return embedding_bag(who, weight, input, offsets, options);
  }
  constexpr const char* op = "embedding_bag";
  check_table(op, weight);
  if (!is_floating_point(weight.dtype()))
    throw TypeError(fmt::format("{}: weight must be float32 or float64, got {}", op, name(weight.dtype())));
  Call call;
  call.mode = parse_mode(options);
  call.how = {weight.shape()[0], weight.shape()[1], checked_padding(op, options.padding_idx, weight.shape()[0]),
              options.scale_grad_by_freq, options.sparse};
  call.bounds = checked_bounds(input, offsets, options.include_last_offset);
  check_factors(input, weight, options);
  call.factors = options.per_sample_weights;
  const Tensor numbers = checked_indices(op, who, input, call.how.rows);
  call.indices = alias(numbers, {numbers.numel()}, {1});
  if (call.bags() == 0 && numbers.numel() > 0) {  // a list of which nothing is in a bag
    call.indices = alias(numbers, {0}, {1});
    if (call.factors.defined()) call.factors = call.factors.narrow(0, 0, 0);
  }
  if (options.max_norm) renorm(op, weight, numbers, *options.max_norm, options.norm_type);
  return call.mode == Mode::max ? reduce_maxima(call, weight) : reduce_sums(call, weight);
}

}  // namespace detail

Tensor embedding_bag(const Tensor& input, const Tensor& weight, const Tensor& offsets,
                     const EmbeddingBagOptions& options) {
  return detail::embedding_bag("", input, weight, offsets, options);
}

Tensor embedding_bag(const Tensor& input, const Tensor& weight, const EmbeddingBagOptions& options) {
  return detail::embedding_bag("", input, weight, Tensor(), options);
}

}  // namespace taper
