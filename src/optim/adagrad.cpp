#include "taper/optim/adagrad.h"

#include <fmt/format.h>

#include "autograd/row_gradient.h"
#include "optim/grouped.h"
#include "optim/param.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"

namespace taper::optim {

template <>
struct detail::Rules<AdagradOptions> {
  using O = AdagradOptions;
  using G = AdagradGroup;

  static constexpr Layout layout{"Adagrad", StepCount::tensor, Gradients::any, {{"sum"}}};
  static constexpr std::tuple options{
      option("lr", &O::lr, &G::lr),
      option("lr_decay", &O::lr_decay, &G::lr_decay),
      option("eps", &O::eps, &G::eps),
      option("weight_decay", &O::weight_decay, &G::weight_decay),
      option("initial_accumulator_value", &O::initial_accumulator_value, &G::initial_accumulator_value),
      none("foreach"),
      option("maximize", &O::maximize, &G::maximize)};

  static void start(const O& o, State& state) {
    state.slots[0] = full(state.param.shape(), o.initial_accumulator_value, {.dtype = state.param.dtype()});
  }

  static void check_sparse(const O& o, const std::string& what) {
    if (o.weight_decay != 0)
      throw TypeError(
          fmt::format("Adagrad: {} has a sparse gradient, and the weight_decay option is not compatible "
                      "with sparse gradients; leave it out, or build the table without {{.sparse = true}}",
                      what));
  }

  static void update(const O& o, State& state, const Tensor& grad) {
    kernels::StepScalars s = scalars_of(o);
    s.step = -(o.lr / (1 + static_cast<double>(state.step - 1) * o.lr_decay));
    if (grad.is_sparse() && !taper::detail::is_row_held(grad)) {
      row_step(kernels::Rule::adagrad_rows, state, grad, {0}, s);
    } else {
      dense_step(kernels::Rule::adagrad, state, grad, {0}, s);
    }
  }
};

template class GroupedOptimizer<AdagradOptions, AdagradGroup>;

}  // namespace taper::optim
