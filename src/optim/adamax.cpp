#include "taper/optim/adamax.h"

#include <cmath>

#include "optim/grouped.h"
#include "optim/param.h"

namespace taper::optim {

template <>
struct detail::Rules<AdamaxOptions> {
  using O = AdamaxOptions;
  using G = AdamaxGroup;

  static constexpr Layout layout{"Adamax", StepCount::tensor, Gradients::dense, {{"exp_avg"}, {"exp_inf"}}};
  static constexpr std::tuple options{option("lr", &O::lr, &G::lr),
                                      option("betas", &O::betas, &G::betas),
                                      option("eps", &O::eps, &G::eps),
                                      option("weight_decay", &O::weight_decay, &G::weight_decay),
                                      none("foreach"),
                                      option("maximize", &O::maximize, &G::maximize)};

  static void update(const O& o, State& state, const Tensor& grad) {
    kernels::StepScalars s = scalars_of(o);
    s.step = -(o.lr / (1 - std::pow(o.betas.first, static_cast<double>(state.step))));
    dense_step(kernels::Rule::adamax, state, grad, {0, 1}, s);
  }
};

template class GroupedOptimizer<AdamaxOptions, AdamaxGroup>;

}  // namespace taper::optim
