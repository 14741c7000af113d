#include "taper/optim/radam.h"

#include <cmath>

#include "optim/grouped.h"
#include "optim/param.h"

namespace taper::optim {

template <>
struct detail::Rules<RAdamOptions> {
  using O = RAdamOptions;
  using G = RAdamGroup;

  static constexpr Layout layout{"RAdam", StepCount::tensor, Gradients::dense, {{"exp_avg"}, {"exp_avg_sq"}}};
  static constexpr std::tuple options{option("lr", &O::lr, &G::lr), option("betas", &O::betas, &G::betas),
                                      option("eps", &O::eps, &G::eps),
                                      option("weight_decay", &O::weight_decay, &G::weight_decay), none("foreach")};

  static void update(const O& o, State& state, const Tensor& grad) {
    const auto t = static_cast<double>(state.step);
    const double shrunk = std::pow(o.betas.second, t), correction = 1 - shrunk;
    const double longest = 2 / (1 - o.betas.second) - 1;
    const double length = longest - 2 * t * shrunk / correction;
    const bool rectified = length > 5;
    kernels::StepScalars s = scalars_of(o);
    s.bias1 = 1 - std::pow(o.betas.first, t);
    s.bias2 = std::sqrt(correction);
    if (rectified)
      s.other = std::sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
    dense_step(rectified ? kernels::Rule::radam_rectified : kernels::Rule::radam, state, grad, {0, 1}, s);
  }
};

template class GroupedOptimizer<RAdamOptions, RAdamGroup>;

}  // namespace taper::optim
