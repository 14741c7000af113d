#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "taper/tensor/tensor.h"

namespace taper::data {

/// Samples by number: `size()` of them, and `get(i)` makes the i-th, 0 <= i < size().
template <class D>
concept Dataset = requires(D& dataset, std::int64_t i) {
  { dataset.size() } -> std::convertible_to<std::int64_t>;
  dataset.get(i);
};

namespace detail {
/// Throws unless all tensors have the same first size.
void check_samples(const Tensor* tensors, std::size_t count);
}  // namespace detail

/// The i-th sample is the i-th entry of each tensor's first dimension (torch.utils.data.TensorDataset). ShapeError
/// where the first sizes differ or a tensor is 0-d.
template <std::size_t N>
class TensorDataset {
 public:
  template <std::derived_from<Tensor>... T>
  requires(N > 0 && sizeof...(T) == N) explicit TensorDataset(const T&... tensors)
      : tensors_{static_cast<const Tensor&>(tensors)...} {
    detail::check_samples(tensors_.data(), N);
  }

  std::int64_t size() const { return tensors_[0].size(0); }
  std::array<Tensor, N> get(std::int64_t i) const {
    return map([i](const Tensor& t) { return t[i]; });
  }
  /// The samples that the int64 tensor `ids` names, one behind the other.
  std::array<Tensor, N> get_batch(const Tensor& ids) const {
    return map([&ids](const Tensor& t) { return t.index_select(0, ids); });
  }
  const std::array<Tensor, N>& tensors() const { return tensors_; }

 private:
  template <class F>
  std::array<Tensor, N> map(F f) const {
    std::array<Tensor, N> result;
    for (std::size_t k = 0; k < N; ++k) result[k] = f(tensors_[k]);
    return result;
  }

  std::array<Tensor, N> tensors_;
};

template <std::derived_from<Tensor>... T>
TensorDataset(const T&...) -> TensorDataset<sizeof...(T)>;

}  // namespace taper::data
