#include "taper/optim/sparse_adam.h"

#include "autograd/row_gradient.h"
#include "kernels/optim.h"
#include "optim/options.h"
#include "optim/param.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"

namespace taper::optim {
namespace {

constexpr const char* op = "SparseAdam";

void check(const SparseAdamOptions& o) {
  detail::check_number(op, "learning rate", o.lr, true);
  detail::check_number(op, "epsilon value", o.eps, true);
  detail::check_betas(op, o.betas);
}

SparseAdamParamGroup merge(const SparseAdamGroup& given, const SparseAdamOptions& defaults) {
  SparseAdamParamGroup group{{given.params}, defaults};
  group.lr = given.lr.value_or(defaults.lr);
  group.betas = given.betas.value_or(defaults.betas);
  group.eps = given.eps.value_or(defaults.eps);
  group.maximize = given.maximize.value_or(defaults.maximize);
  return group;
}

}  // namespace

SparseAdam::SparseAdam(const std::vector<Tensor>& params, const SparseAdamOptions& options)
    : SparseAdam(std::vector<SparseAdamGroup>{{.params = params}}, options) {}

SparseAdam::SparseAdam(const std::vector<SparseAdamGroup>& groups, const SparseAdamOptions& options)
    : GroupedOptimizer(op), defaults_(options) {
  check(options);
  for (const SparseAdamGroup& group : groups) add_param_group(group);
  check_not_empty();
}

void SparseAdam::add_param_group(const SparseAdamGroup& group) {
  const InUse in_use(*this, "add_param_group");
  SparseAdamParamGroup merged = merge(group, defaults_);
  check(merged);
  check_params(merged.params);
  param_groups().push_back(std::move(merged));
}

std::vector<Optimizer::Option> SparseAdam::group_options(std::size_t group) const {
  const Group& g = param_groups()[group];
  return {{"betas", detail::python(g.betas)},
          {"eps", detail::python(g.eps)},
          {"lr", detail::python(g.lr)},
          {"maximize", detail::python(g.maximize)}};
}

void SparseAdam::check_options(std::size_t group) const { check(param_groups()[group]); }

void SparseAdam::check_gradient(const Tensor& grad, const std::string& what) const {
  if (!grad.is_sparse() || taper::detail::is_row_held(grad))
    throw TypeError("SparseAdam: " + what +
                    " has a dense gradient; use Adam, or build the table with {.sparse = true}");
}

void SparseAdam::update(std::size_t group, State& state, const Tensor& grad) {
  const SparseAdamOptions& o = param_groups()[group];
  const Tensor& param = state.param;
  Tensor& mean = state.slots[0];
  Tensor& square = state.slots[1];
  if (!mean.defined()) {
    mean = zeros(param.shape(), {.dtype = param.dtype()});
    square = zeros(param.shape(), {.dtype = param.dtype()});
  }
  const detail::RowList list(grad.coalesce());
  detail::FlatParam flat(param);
  ++state.step;
  taper::detail::dispatch_floating(param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::sparse_adam_step(
        list.rows(), list.count, list.dim, flat.data<T>(), list.values.data<T>(), mean.data<T>(), square.data<T>(),
        {o.lr, o.betas.first, o.betas.second, o.eps, 0, o.maximize, static_cast<double>(state.step)});
  });
  flat.finish();
}

}  // namespace taper::optim
