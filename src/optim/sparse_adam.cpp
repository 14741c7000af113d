#include "taper/optim/sparse_adam.h"

#include <cmath>

#include "optim/grouped.h"
#include "optim/param.h"

namespace taper::optim {

template <>
struct detail::Rules<SparseAdamOptions> {
  using O = SparseAdamOptions;
  using G = SparseAdamGroup;

  static constexpr Layout layout{"SparseAdam", StepCount::integer, Gradients::sparse, {{"exp_avg"}, {"exp_avg_sq"}}};
  static constexpr std::tuple options{
      option("lr", &O::lr, &G::lr, Range::above_0), option("betas", &O::betas, &G::betas),
      option("eps", &O::eps, &G::eps, Range::above_0), option("maximize", &O::maximize, &G::maximize)};

  static void update(const O& o, State& state, const Tensor& grad) {
    const auto t = static_cast<double>(state.step);
    kernels::StepScalars s = scalars_of(o);
    s.step = -(o.lr * std::sqrt(1 - std::pow(o.betas.second, t)) / (1 - std::pow(o.betas.first, t)));
    row_step(kernels::Rule::sparse_adam, state, grad, {0, 1}, s);
  }
};

template class GroupedOptimizer<SparseAdamOptions, SparseAdamGroup>;

}  // namespace taper::optim
