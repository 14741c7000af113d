#include "taper/optim/adam.h"

#include "kernels/optim.h"
#include "optim/options.h"
#include "optim/param.h"
#include "taper/ops/create.h"

namespace taper::optim {
namespace {

constexpr const char* op = "Adam";

void check(const AdamOptions& o) {
  detail::check_number(op, "learning rate", o.lr);
  detail::check_number(op, "epsilon value", o.eps);
  detail::check_betas(op, o.betas);
  detail::check_number(op, "weight_decay value", o.weight_decay);
  detail::refuse(op, "capturable", o.capturable, "it is for CUDA graphs");
  detail::refuse(op, "differentiable", o.differentiable, "a step is never recorded");
  detail::refuse(op, "fused", o.fused, "it is for CUDA parameters");
}

AdamParamGroup merge(const AdamGroup& given, const AdamOptions& defaults) {
  AdamParamGroup group{{given.params}, defaults};
  group.lr = given.lr.value_or(defaults.lr);
  group.betas = given.betas.value_or(defaults.betas);
  group.eps = given.eps.value_or(defaults.eps);
  group.weight_decay = given.weight_decay.value_or(defaults.weight_decay);
  group.amsgrad = given.amsgrad.value_or(defaults.amsgrad);
  group.maximize = given.maximize.value_or(defaults.maximize);
  return group;
}

}  // namespace

Adam::Adam(const std::vector<Tensor>& params, const AdamOptions& options)
    : Adam(std::vector<AdamGroup>{{.params = params}}, options) {}

Adam::Adam(const std::vector<AdamGroup>& groups, const AdamOptions& options)
    : GroupedOptimizer(op), defaults_(options) {
  check(options);
  for (const AdamGroup& group : groups) add_param_group(group);
  check_not_empty();
}

void Adam::add_param_group(const AdamGroup& group) {
  const InUse in_use(*this, "add_param_group");
  AdamParamGroup merged = merge(group, defaults_);
  check(merged);
  check_params(merged.params);
  param_groups().push_back(std::move(merged));
}

std::vector<Optimizer::Option> Adam::group_options(std::size_t group) const {
  const Group& g = param_groups()[group];
  return {{"amsgrad", detail::python(g.amsgrad)},
          {"betas", detail::python(g.betas)},
          {"capturable", detail::python(g.capturable)},
          {"differentiable", detail::python(g.differentiable)},
          {"eps", detail::python(g.eps)},
          {"foreach", detail::python(g.foreach)},
          {"fused", detail::python(g.fused)},
          {"lr", detail::python(g.lr)},
          {"maximize", detail::python(g.maximize)},
          {"weight_decay", detail::python_or_zero(g.weight_decay)}};
}

void Adam::check_options(std::size_t group) const { check(param_groups()[group]); }

void Adam::update(std::size_t group, State& state, const Tensor& grad) {
  const AdamOptions& o = param_groups()[group];
  const Tensor& param = state.param;
  Tensor& mean = state.slots[0];
  Tensor& square = state.slots[1];
  Tensor& largest = state.slots[2];
  const auto start = [&](Tensor& slot) {
    if (!slot.defined()) slot = zeros(param.shape(), {.dtype = param.dtype()});
  };
  start(mean);
  start(square);
  if (o.amsgrad) start(largest);
  detail::FlatParam flat(param);
  const Tensor g = detail::flat_gradient(grad, param);
  ++state.step;
  taper::detail::dispatch_floating(param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* most = o.amsgrad ? largest.data<T>() : nullptr;
    kernels::adam_step(
        param.numel(), flat.data<T>(), g.data<T>(), mean.data<T>(), square.data<T>(), most,
        {o.lr, o.betas.first, o.betas.second, o.eps, o.weight_decay, o.maximize, static_cast<double>(state.step)});
  });
  flat.finish();
}

}  // namespace taper::optim
