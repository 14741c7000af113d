#include "taper/nn/parameter.h"

#include <fmt/format.h>

#include "nn/copying.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/freeze.h"
#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper::nn {
namespace {

void check_dense(const char* what, const Tensor& tensor) {
  if (tensor.is_sparse()) throw TypeError(fmt::format("{}: a sparse tensor; a dense one is needed", what));
}

Tensor make_parameter(const Tensor& tensor, bool requires_grad) {
  check_dense("Parameter", tensor);
  if (requires_grad && !is_floating_point(tensor.dtype()))
    throw TypeError(
        fmt::format("Parameter: only floating-point tensors can learn, not {}; convert it, or say "
                    "requires_grad = false",
                    name(tensor.dtype())));
  Tensor leaf = tensor.detach();
  leaf.get().is_parameter = true;
  if (requires_grad) leaf.requires_grad_();
  return leaf;
}

Tensor make_buffer(const Tensor& tensor) {
  check_dense("Buffer", tensor);
  return tensor.detach();
}

Tensor copy_leaf(const Tensor& source) {
  const NoGradGuard no_grad;
  Tensor copy = source.clone();
  copy.get().is_parameter = source.is_parameter();
  if (source.get().requires_grad) copy.requires_grad_();
  if (const taper::detail::Extra* parts = source.get().extra; parts != nullptr && parts->frozen.defined())
    freeze_rows(copy, parts->frozen);
  return copy;
}

}  // namespace

namespace detail {

Tensor OwnedTensor::copy_of(const OwnedTensor& other) {
  if (!other.defined()) return {};
  Tensor tied = shared_copy(other, copy_leaf);
  return tied.defined() ? tied : copy_leaf(other);
}

void OwnedTensor::write(const OwnedTensor& other) {
  if (is(other)) return;
  if (!other.defined()) throw ShapeError("Parameter: nothing to assign; the other one is undefined");
  if (!defined()) return rebind(*this, copy_of(other));
  if (shape() != other.shape())
    throw ShapeError(fmt::format("Parameter: one of shape {} cannot be assigned to one of shape {}",
                                 to_string(other.shape()), to_string(shape())));
  const NoGradGuard no_grad;
  copy_(other);
}

void rebind(OwnedTensor& owner, const Tensor& tensor) { static_cast<Tensor&>(owner) = tensor; }

}  // namespace detail

Parameter::Parameter(const Tensor& tensor, bool requires_grad) : OwnedTensor(make_parameter(tensor, requires_grad)) {}

Buffer::Buffer(const Tensor& tensor, bool persistent) : OwnedTensor(make_buffer(tensor)), persistent_(persistent) {}

void tie(Parameter& a, Parameter& b) {
  if (!b.defined()) throw ValueError("tie: the second parameter is undefined");
  if (a.defined() && a.shape() != b.shape())
    throw ShapeError(fmt::format("tie: parameters of shapes {} and {}; equal ones are needed", to_string(a.shape()),
                                 to_string(b.shape())));
  detail::rebind(a, b);
}

}  // namespace taper::nn
