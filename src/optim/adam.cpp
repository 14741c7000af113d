#include "taper/optim/adam.h"

#include <cmath>

#include "optim/grouped.h"
#include "optim/param.h"
#include "optim/resting.h"

namespace taper::optim {

template <>
struct detail::Rules<AdamOptions> {
  using O = AdamOptions;
  using G = AdamGroup;

  static constexpr Layout layout{"Adam",
                                 StepCount::tensor,
                                 Gradients::any,
                                 {{"exp_avg"}, {"exp_avg_sq"}, {"max_exp_avg_sq", SlotKind::sometimes}}};
  static constexpr std::tuple options{option("lr", &O::lr, &G::lr),
                                      option("betas", &O::betas, &G::betas),
                                      option("eps", &O::eps, &G::eps),
                                      option("weight_decay", &O::weight_decay, &G::weight_decay),
                                      option("amsgrad", &O::amsgrad, &G::amsgrad),
                                      option("maximize", &O::maximize, &G::maximize),
                                      none("foreach"),
                                      off("capturable"),
                                      off("differentiable"),
                                      off("fused")};

  static void update(const O& o, State& state, const Tensor& grad) {
    const auto t = static_cast<double>(state.step);
    if (o.amsgrad) fill_slot(layout, state, 2);
    kernels::StepScalars s = scalars_of(o);
    s.bias2 = std::sqrt(1 - std::pow(o.betas.second, t));
    s.step = -(o.lr / (1 - std::pow(o.betas.first, t)));
    if (step_by_rows(state, grad, s, o.amsgrad)) return;
    dense_step(o.amsgrad ? kernels::Rule::amsgrad : kernels::Rule::adam, state, grad, {0, 1, o.amsgrad ? 2 : -1}, s);
  }
};

template class GroupedOptimizer<AdamOptions, AdamGroup>;

}  // namespace taper::optim
