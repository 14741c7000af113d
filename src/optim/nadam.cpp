#include "taper/optim/nadam.h"

#include <cmath>

#include "optim/grouped.h"
#include "optim/param.h"

namespace taper::optim {

template <>
struct detail::Rules<NAdamOptions> {
  using O = NAdamOptions;
  using G = NAdamGroup;

  static constexpr Layout layout{
      "NAdam", StepCount::tensor, Gradients::dense, {{"mu_product", SlotKind::product}, {"exp_avg"}, {"exp_avg_sq"}}};
  static constexpr std::tuple options{option("lr", &O::lr, &G::lr),
                                      option("betas", &O::betas, &G::betas),
                                      option("eps", &O::eps, &G::eps),
                                      option("weight_decay", &O::weight_decay, &G::weight_decay),
                                      option("momentum_decay", &O::momentum_decay, &G::momentum_decay),
                                      none("foreach")};

  static void update(const O& o, State& state, const Tensor& grad) {
    const auto t = static_cast<double>(state.step);
    const auto mu_at = [&](double step) { return o.betas.first * (1 - 0.5 * std::pow(0.96, step * o.momentum_decay)); };
    const double mu = mu_at(t), next = mu_at(t + 1);
    kernels::StepScalars s = scalars_of(o);
    s.bias2 = 1 - std::pow(o.betas.second, t);
    taper::detail::dispatch_floating(state.slots[0].dtype(), [&](auto zero) {
      using T = decltype(zero);  // in which PyTorch, too, multiplies
      T& product = *state.slots[0].data<T>();
      product *= static_cast<T>(mu);
      s.other = -o.lr * (1 - mu) / (1 - static_cast<double>(product));
      s.step = -o.lr * next / (1 - static_cast<double>(product * static_cast<T>(mu) * static_cast<T>(next)));
    });
    dense_step(kernels::Rule::nadam, state, grad, {1, 2}, s);
  }
};

template class GroupedOptimizer<NAdamOptions, NAdamGroup>;

}  // namespace taper::optim
