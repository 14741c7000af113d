#include "taper/optim/sgd.h"

#include <algorithm>
#include <cmath>

#include "autograd/row_gradient.h"
#include "kernels/optim.h"
#include "kernels/rows.h"
#include "optim/options.h"
#include "optim/param.h"
#include "taper/base/error.h"

namespace taper::optim {
namespace {

constexpr const char* op = "SGD";

void check(const SGDOptions& o) {
  if (std::isnan(o.lr))
    throw ValueError(
        "SGD: parameter group didn't specify a value of required optimization parameter lr (it is nan); write {.lr = "
        "0.1}");
  detail::check_number(op, "learning rate", o.lr);
  detail::check_number(op, "momentum value", o.momentum);
  detail::check_finite(op, "dampening value", o.dampening);
  detail::check_number(op, "weight_decay value", o.weight_decay);
  if (o.nesterov && (o.momentum <= 0 || o.dampening != 0))
    throw ValueError("SGD: Nesterov momentum requires a momentum and zero dampening, not momentum " +
                     detail::python(o.momentum) + " and dampening " + detail::python(o.dampening));
  detail::refuse(op, "differentiable", o.differentiable, "a step is never recorded");
}

SGDParamGroup merge(const SGDGroup& given, const SGDOptions& defaults) {
  SGDParamGroup group{{given.params}, defaults};
  group.lr = given.lr.value_or(defaults.lr);
  group.momentum = given.momentum.value_or(defaults.momentum);
  group.dampening = given.dampening.value_or(defaults.dampening);
  group.weight_decay = given.weight_decay.value_or(defaults.weight_decay);
  group.nesterov = given.nesterov.value_or(defaults.nesterov);
  group.maximize = given.maximize.value_or(defaults.maximize);
  return group;
}

void dense_step(const SGDOptions& o, const Tensor& param, const Tensor& grad, Tensor& buffer) {
  const bool first = !buffer.defined();
  if (o.momentum != 0) {
    if (first) buffer = taper::detail::make_tensor(param.shape(), param.dtype());
    if (buffer.is_sparse()) buffer = buffer.to_dense();
  }
  detail::FlatParam flat(param);
  const Tensor g = detail::flat_gradient(grad, param);
  taper::detail::dispatch_floating(param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* remembered = o.momentum == 0 ? nullptr : buffer.data<T>();
    kernels::sgd_step(param.numel(), flat.data<T>(), g.data<T>(), remembered,
                      {o.lr, o.momentum, o.dampening, o.weight_decay, o.nesterov, o.maximize, first});
  });
  flat.finish();
}

// param = param + scale * entry, entry by entry.
void add_entries(const Tensor& param, const Tensor& sparse, double scale) {
  const detail::RowList list(sparse);
  detail::FlatParam flat(param);
  taper::detail::dispatch_floating(param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::add_rows(flat.data<T>(), list.dim, list.rows(), list.count, list.values.data<T>(), scale);
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
  if (shape.size() > 0) shape[0] = count;
  Tensor values = taper::detail::make_tensor(shape, a.dtype());
  taper::detail::dispatch_floating(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::merge_rows(x.rows(), x.values.data<T>(), x.count, y.rows(), y.values.data<T>(), y.count,
                        std::max(x.dim, y.dim), rows.data<std::int64_t>(), values.data<T>(), scale);
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

SGD::SGD(const std::vector<Tensor>& params, const SGDOptions& options)
    : SGD(std::vector<SGDGroup>{{.params = params}}, options) {}

SGD::SGD(const std::vector<SGDGroup>& groups, const SGDOptions& options) : GroupedOptimizer(op), defaults_(options) {
  SGDOptions given = options;
  if (std::isnan(given.lr)) given.lr = 0;  // every group may have its own
  check(given);
  for (const SGDGroup& group : groups) add_param_group(group);
  check_not_empty();
}

void SGD::add_param_group(const SGDGroup& group) {
  const InUse in_use(*this, "add_param_group");
  SGDParamGroup merged = merge(group, defaults_);
  check(merged);
  check_params(merged.params);
  param_groups().push_back(std::move(merged));
}

std::vector<Optimizer::Option> SGD::group_options(std::size_t group) const {
  const Group& g = param_groups()[group];
  return {{"dampening", detail::python_or_zero(g.dampening)},
          {"differentiable", detail::python(g.differentiable)},
          {"foreach", detail::python(g.foreach)},
          {"lr", detail::python(g.lr)},
          {"maximize", detail::python(g.maximize)},
          {"momentum", detail::python_or_zero(g.momentum)},
          {"nesterov", detail::python(g.nesterov)},
          {"weight_decay", detail::python_or_zero(g.weight_decay)}};
}

void SGD::check_options(std::size_t group) const { check(param_groups()[group]); }

void SGD::update(std::size_t group, State& state, const Tensor& grad) {
  const SGDOptions& o = param_groups()[group];
  Tensor& buffer = state.slots[0];
  const bool row_held = taper::detail::is_row_held(grad);
  const bool sparse = grad.is_sparse() && !row_held && o.weight_decay == 0;
  // Untouched rows would stay as they are, so that what stands for a dense gradient may leave them out.
  const bool plain = o.momentum == 0 && o.weight_decay == 0 && !o.maximize;
  if ((sparse && o.momentum == 0) || (row_held && plain))
    return add_entries(state.param, grad, o.maximize ? o.lr : -o.lr);
  if (sparse && (!buffer.defined() || buffer.is_sparse())) return sparse_momentum_step(o, state.param, grad, buffer);
  dense_step(o, state.param, grad, buffer);
}

}  // namespace taper::optim
