#include "optim/param.h"

#include "taper/ops/create.h"

namespace taper::optim::detail {
namespace {

// Row-major and in memory of its own.
Tensor flat_gradient(const Tensor& grad, const Tensor& param) {
  if (grad.is_sparse()) return grad.to_dense();
  const Tensor flat = grad.contiguous();  // nothing is recorded in a step
  return flat.shares_memory_with(param) ? flat.clone() : flat;
}

template <class T>
kernels::StepArrays<T> arrays(const FlatParam& param, const Tensor& grad, const State& state, SlotOrder slots) {
  const auto slot = [&](int i) { return i < 0 ? nullptr : taper::detail::numbers_now<T>(state.slots[i]); };
  return {param.data<T>(), taper::detail::numbers_now<const T>(grad), slot(slots.a), slot(slots.b), slot(slots.c)};
}

}  // namespace

Tensor& fill_slot(const Layout& layout, State& state, std::size_t slot) {
  Tensor& result = state.slots[slot];
  if (result.defined()) return result;
  if (layout.slots[slot].kind == SlotKind::product) return result = tensor(1.0, float32);
  return result = zeros(state.param.shape(), {.dtype = state.param.dtype()});
}

void dense_step(kernels::Rule rule, const State& state, const Tensor& grad, SlotOrder slots,
                const kernels::StepScalars& scalars) {
  FlatParam flat(state.param);
  const Tensor g = flat_gradient(grad, state.param);
  taper::detail::dispatch_floating(state.param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::optimizer_step(rule, state.param.numel(), arrays<T>(flat, g, state, slots), scalars);
  });
  flat.finish();
}

void row_step(kernels::Rule rule, const State& state, const Tensor& grad, SlotOrder slots,
              const kernels::StepScalars& scalars) {
  const RowList list(grad.coalesce());
  FlatParam flat(state.param);
  taper::detail::dispatch_floating(state.param.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::optimizer_step_rows(rule, list.rows(), list.count, list.dim, arrays<T>(flat, list.values, state, slots),
                                 scalars);
  });
  flat.finish();
}

}  // namespace taper::optim::detail
