// A sparse tensor's parts.
#include "taper/base/error.h"
#include "tensor/extra.h"
#include "tensor/loan.h"
#include "tensor/make.h"

namespace taper {
namespace {

const detail::Extra& parts(const char* op, const Tensor& x) {
  if (!x.is_sparse()) throw TypeError(std::string(op) + ": the tensor is dense; only a sparse COO tensor has this");
  return *x.get().extra;
}

}  // namespace

Tensor Tensor::indices() const { return parts("indices", *this).indices; }
Tensor Tensor::values() const {
  const detail::Extra& all = parts("values", *this);
  detail::own_values(*this);
  return all.values;
}
bool Tensor::is_coalesced() const { return parts("is_coalesced", *this).coalesced; }

}  // namespace taper
