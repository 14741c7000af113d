#include "taper/optim/sgd.h"

#include <algorithm>
#include <cmath>

#include "autograd/row_gradient.h"
#include "kernels/rows.h"
#include "optim/grouped.h"
#include "optim/param.h"
#include "taper/base/error.h"

namespace taper::optim {
namespace {

// param = param + scale * entry, entry by entry, or row by row where the gradient means a dense one.
void add_entries(const Tensor& param, const Tensor& sparse, double scale) {
  const detail::RowList list(sparse);
  const bool row_sums = taper::detail::is_row_held(sparse) && !sparse.is_coalesced();
  detail::FlatParam flat(param);
  taper::detail::dispatch_floating(param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (row_sums)
      kernels::add_distinct(flat.data<T>(), list.dim, kernels::distinct_rows(list.rows(), list.count),
                            list.numbers<T>(), scale);
    else
      kernels::add_rows(flat.data<T>(), list.dim, list.rows(), list.count, list.numbers<T>(), scale);
  });
  flat.finish();
}

// a + scale * b
Tensor add_scaled(const Tensor& a, const Tensor& b, double scale) {
  const detail::RowList x(a);
  const detail::RowList y(b);
  const std::int64_t count = kernels::merged_count(x.rows(), x.count, y.rows(), y.count);
  Tensor rows = taper::detail::make_tensor({1, count}, int64);
  Shape shape = a.shape();
  if (!shape.empty()) shape[0] = count;
  Tensor values = taper::detail::make_tensor(shape, a.dtype());
  taper::detail::dispatch_floating(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::merge_rows(x.rows(), x.numbers<T>(), x.count, y.rows(), y.numbers<T>(), y.count, std::max(x.dim, y.dim),
                        rows.data<std::int64_t>(), values.data<T>(), scale);
  });
  return taper::detail::make_sparse(rows, values, a.shape(), a.is_coalesced() && b.is_coalesced());
}

// PyTorch's buffer of unsorted gradients grows at every step. Here duplicates are summed once there are many.
Tensor bounded(const Tensor& buffer) {
  constexpr std::int64_t many = 1 << 14;
  const std::int64_t entries = buffer.indices().size(1);
  return entries > many && entries > 2 * buffer.size(0) ? buffer.coalesce() : buffer;
}

void sparse_momentum_step(const SGDOptions& o, const Tensor& param, const Tensor& grad, Tensor& buffer) {
  Tensor g = grad;
  if (o.maximize)
    g = taper::detail::make_sparse(grad.indices(), grad.values().detach().neg(), grad.shape(), grad.is_coalesced());
  if (!buffer.defined()) {
    buffer = g.clone();
  } else {
    Tensor values = buffer.values();
    values.mul_(o.momentum);
    buffer = bounded(add_scaled(buffer, g, 1 - o.dampening));
  }
  add_entries(param, o.nesterov ? add_scaled(g, buffer, o.momentum) : buffer, -o.lr);
}

}  // namespace

template <>
struct detail::Rules<SGDOptions> {
  using O = SGDOptions;
  using G = SGDGroup;

  static constexpr Layout layout{"SGD", StepCount::none, Gradients::any, {{"momentum_buffer", SlotKind::sometimes}}};
  static constexpr std::tuple options{option("lr", &O::lr, &G::lr),
                                      option("momentum", &O::momentum, &G::momentum),
                                      option("dampening", &O::dampening, &G::dampening, Range::finite),
                                      option("weight_decay", &O::weight_decay, &G::weight_decay),
                                      option("nesterov", &O::nesterov, &G::nesterov),
                                      option("maximize", &O::maximize, &G::maximize),
                                      none("foreach"),
                                      off("differentiable")};

  static void check(const O& o) {
    if (std::isnan(o.lr))
      throw ValueError(
          "SGD: parameter group didn't specify a value of required optimization parameter lr (it is nan); write {.lr = "
          "0.1}");
    if (o.nesterov && (o.momentum <= 0 || o.dampening != 0))
      throw ValueError("SGD: Nesterov momentum requires a momentum and zero dampening, not momentum " +
                       python(o.momentum) + " and dampening " + python(o.dampening));
  }

  static void update(const O& o, State& state, const Tensor& grad) {
    const Tensor& buffer = state.slots[0];
    const bool row_held = taper::detail::is_row_held(grad);
    const bool sparse = grad.is_sparse() && !row_held && o.weight_decay == 0;
    // Untouched rows would stay as they are, so that what stands for a dense gradient may leave them out.
    const bool plain = o.momentum == 0 && o.weight_decay == 0 && !o.maximize;
    if ((sparse && o.momentum == 0) || (row_held && plain))
      return add_entries(state.param, grad, o.maximize ? o.lr : -o.lr);
    if (sparse && (!buffer.defined() || buffer.is_sparse()))
      return sparse_momentum_step(o, state.param, grad, state.slots[0]);
    dense_update(o, state, grad);
  }

  static void dense_update(const O& o, State& state, const Tensor& grad) {
    using kernels::Rule;
    kernels::StepScalars s = scalars_of(o);
    s.beta1 = o.momentum;
    s.fresh1 = 1 - o.dampening;
    if (o.momentum == 0) return dense_step(Rule::sgd, state, grad, {}, s);
    const bool first = !state.slots[0].defined();
    Tensor& buffer = fill_slot(layout, state, 0);
    if (buffer.is_sparse()) buffer = buffer.to_dense();
    const Rule rule = o.nesterov ? first ? Rule::nesterov_first : Rule::nesterov_later
                      : first    ? Rule::sgd_first
                                 : Rule::sgd_later;
    dense_step(rule, state, grad, {0}, s);
  }
};

template class GroupedOptimizer<SGDOptions, SGDGroup>;

}  // namespace taper::optim
