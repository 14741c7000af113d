#pragma once

#include <cstdint>

#include "kernels/optim.h"
#include "optim/layout.h"
#include "taper/ops/copy.h"
#include "taper/ops/index.h"
#include "taper/optim/optimizer.h"
#include "taper/tensor/tensor.h"
#include "tensor/extra.h"
#include "tensor/loan.h"
#include "tensor/make.h"

/// What optimizers do with parameters, gradients and what they remember.
namespace taper::optim::detail {

/// A parameter's numbers as one flat row-major array. finish() brings them back where the parameter lies otherwise, and
/// raises its version.
class FlatParam {
 public:
  explicit FlatParam(const Tensor& param) : param_(param), flat_(param.contiguous()) {
    taper::detail::before_change(param);
  }
  template <class T>
  T* data() const {
    return taper::detail::numbers_now<T>(flat_);
  }
  void finish() {
    if (flat_.is(param_)) {
      taper::detail::bump_version(param_);
    } else {
      param_.copy_(flat_);
    }
  }

 private:
  Tensor param_;
  Tensor flat_;
};

/// Rows that do not learn (nn::freeze_rows) come through a step as they were.
class FrozenRows {
 public:
  explicit FrozenRows(const Tensor& param) : param_(param) {
    const taper::detail::Extra* parts = param.get().extra;
    if (parts == nullptr || !parts->frozen.defined() || parts->frozen.numel() == 0) return;
    rows_ = parts->frozen;
    kept_ = param.index_select(0, rows_);
  }
  void restore() {
    if (rows_.defined()) param_.index_put_({rows_}, kept_);
  }

 private:
  Tensor param_;
  Tensor rows_;
  Tensor kept_;
};

/// A sparse gradient as a list of rows.
struct RowList {
  taper::detail::LoanLock lock;
  Tensor indices;
  Tensor values;
  std::int64_t count;
  std::int64_t dim;

  explicit RowList(const Tensor& grad)
      : lock(grad),
        indices(grad.indices().contiguous()),
        values(taper::detail::numbers_to_read(grad)),
        count(indices.size(1)),
        dim(count == 0 ? 0 : values.numel() / count) {}
  template <class T>
  const T* numbers() const {
    return taper::detail::numbers_now<const T>(values);
  }
  const std::int64_t* rows() const { return indices.data<std::int64_t>(); }
};

/// The slot's tensor, made if there is none yet: zeros of the parameter's shape, or the number 1 of a product.
Tensor& fill_slot(const Layout& layout, State& state, std::size_t slot);

/// Which of a state's slots a rule knows as a, b and c; -1 for none.
struct SlotOrder {
  int a = -1, b = -1, c = -1;
};

/// One step by the dense gradient that `grad` is or means. The slots are there.
void dense_step(kernels::Rule rule, const State& state, const Tensor& grad, SlotOrder slots,
                const kernels::StepScalars& scalars);

/// One step of the rows that a sparse gradient names, its duplicates summed first.
void row_step(kernels::Rule rule, const State& state, const Tensor& grad, SlotOrder slots,
              const kernels::StepScalars& scalars);

/// What an option of a given name always means to a rule. The step is -lr.
template <class Options>
kernels::StepScalars scalars_of(const Options& o) {
  kernels::StepScalars s{.step = -o.lr};
  if constexpr (requires { o.maximize; }) s.sign = o.maximize ? -1 : 1;
  if constexpr (requires { o.weight_decay; }) s.weight_decay = o.weight_decay;
  if constexpr (requires { o.eps; }) s.eps = o.eps;
  if constexpr (requires { o.betas; }) {
    s.beta1 = o.betas.first;
    s.fresh1 = 1 - o.betas.first;
    s.beta2 = o.betas.second;
    s.fresh2 = 1 - o.betas.second;
  }
  return s;
}

}  // namespace taper::optim::detail
