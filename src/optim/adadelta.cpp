#include "taper/optim/adadelta.h"

#include "optim/grouped.h"
#include "optim/param.h"

namespace taper::optim {

template <>
struct detail::Rules<AdadeltaOptions> {
  using O = AdadeltaOptions;
  using G = AdadeltaGroup;

  static constexpr Layout layout{"Adadelta", StepCount::integer, Gradients::dense, {{"square_avg"}, {"acc_delta"}}};
  static constexpr std::tuple options{option("lr", &O::lr, &G::lr),
                                      option("rho", &O::rho, &G::rho, Range::from_0_to_1),
                                      option("eps", &O::eps, &G::eps),
                                      option("weight_decay", &O::weight_decay, &G::weight_decay),
                                      option("maximize", &O::maximize, &G::maximize),
                                      none("foreach")};

  static void update(const O& o, State& state, const Tensor& grad) {
    kernels::StepScalars s = scalars_of(o);
    s.beta2 = o.rho;
    s.fresh2 = 1 - o.rho;
    dense_step(kernels::Rule::adadelta, state, grad, {0, 1}, s);
  }
};

template class GroupedOptimizer<AdadeltaOptions, AdadeltaGroup>;

}  // namespace taper::optim
