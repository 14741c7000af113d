#include <fmt/format.h>

#include <utility>

#include "nn/tree.h"
#include "taper/base/error.h"
#include "taper/nn/module.h"
#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::nn {
namespace {

// Gives the tensor another's numbers and dtype behind all handles that there are on it. Its version goes up, so that a
// graph that has saved it says so.
void set_data(const Tensor& tensor, Tensor source) {
  taper::detail::TensorImpl& impl = tensor.get();
  taper::detail::TensorImpl& from = source.get();
  from.storage->version.store(taper::detail::raw_version(impl) + 1, std::memory_order_relaxed);
  std::swap(impl.dtype, from.dtype);
  std::swap(impl.storage, from.storage);
  std::swap(impl.data, from.data);
  std::swap(impl.strides, from.strides);
  std::swap(impl.contiguous, from.contiguous);
}

}  // namespace

Module& Module::to(DType dtype) {
  if (!is_floating_point(dtype))
    throw TypeError(fmt::format("{}.to: parameters are floating-point, {} is not; use float32 or float64", name(),
                                taper::name(dtype)));
  std::vector<std::pair<Tensor, Tensor>> converted;
  std::vector<std::pair<Tensor, Tensor>> gradients;
  const auto convert = [&](const std::vector<Tensor>& tensors) {
    for (const Tensor& tensor : tensors) {
      if (!is_floating_point(tensor.dtype()) || tensor.dtype() == dtype) continue;
      converted.emplace_back(tensor, tensor.detach().to(dtype));
      if (const Tensor gradient = tensor.grad(); gradient.defined())
        gradients.emplace_back(tensor, gradient.detach().to(dtype));
    }
  };
  convert(parameters());
  convert(buffers());
  for (auto& [tensor, data] : converted) set_data(tensor, std::move(data));
  for (auto& [tensor, gradient] : gradients) tensor.set_grad(gradient);
  return *this;
}

}  // namespace taper::nn
