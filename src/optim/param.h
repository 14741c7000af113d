#pragma once

#include <cstdint>

#include "taper/ops/copy.h"
#include "taper/tensor/tensor.h"
#include "tensor/make.h"

/// What optimizers do with parameters and gradients.
namespace taper::optim::detail {

/// A parameter's numbers as one flat row-major array. finish() brings them back where the parameter lies otherwise, and
/// raises its version.
class FlatParam {
 public:
  explicit FlatParam(const Tensor& param) : param_(param), flat_(param.contiguous()) {}
  template <class T>
  T* data() const {
    return flat_.data<T>();
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

/// The dense gradient, row-major and in memory of its own.
inline Tensor flat_gradient(const Tensor& grad, const Tensor& param) {
  if (grad.is_sparse()) return grad.to_dense();
  const Tensor flat = grad.detach().contiguous();
  return flat.shares_memory_with(param) ? flat.clone() : flat;
}

/// A sparse gradient as a list of rows.
struct RowList {
  Tensor indices;
  Tensor values;
  std::int64_t count;
  std::int64_t dim;

  explicit RowList(const Tensor& grad)
      : indices(grad.indices().contiguous()),
        values(grad.values().detach().contiguous()),
        count(indices.size(1)),
        dim(count == 0 ? 0 : values.numel() / count) {}
  const std::int64_t* rows() const { return indices.data<std::int64_t>(); }
};

}  // namespace taper::optim::detail
