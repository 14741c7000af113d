#include "taper/optim/rmsprop.h"

#include "optim/grouped.h"
#include "optim/param.h"

namespace taper::optim {

template <>
struct detail::Rules<RMSpropOptions> {
  using O = RMSpropOptions;
  using G = RMSpropGroup;

  static constexpr Layout layout{
      "RMSprop",
      StepCount::integer,
      Gradients::dense,
      {{"square_avg"}, {"momentum_buffer", SlotKind::sometimes}, {"grad_avg", SlotKind::sometimes}}};
  static constexpr std::tuple options{option("lr", &O::lr, &G::lr),
                                      option("momentum", &O::momentum, &G::momentum),
                                      option("alpha", &O::alpha, &G::alpha),
                                      option("eps", &O::eps, &G::eps),
                                      option("centered", &O::centered, &G::centered),
                                      option("weight_decay", &O::weight_decay, &G::weight_decay),
                                      none("foreach"),
                                      option("maximize", &O::maximize, &G::maximize),
                                      off("differentiable")};

  static void update(const O& o, State& state, const Tensor& grad) {
    using kernels::Rule;
    const bool momentum = o.momentum > 0;
    if (momentum) fill_slot(layout, state, 1);
    if (o.centered) fill_slot(layout, state, 2);
    kernels::StepScalars s = scalars_of(o);
    s.beta1 = o.momentum;
    s.beta2 = o.alpha;
    s.fresh2 = 1 - o.alpha;
    const Rule rule = o.centered ? momentum ? Rule::rmsprop_centered_momentum : Rule::rmsprop_centered
                      : momentum ? Rule::rmsprop_momentum
                                 : Rule::rmsprop;
    dense_step(rule, state, grad, {0, momentum ? 1 : -1, o.centered ? 2 : -1}, s);
  }
};

template class GroupedOptimizer<RMSpropOptions, RMSpropGroup>;

}  // namespace taper::optim
