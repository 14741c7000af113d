#pragma once

#include <initializer_list>
#include <utility>

#include "autograd/record.h"
#include "kernels/iterate.h"
#include "kernels/pointwise.h"
#include "taper/tensor/tensor.h"

/// What pointwise operations share: promotion, broadcasting, running a kernel, and doing it in place.
namespace taper::detail {

/// The dtype in which operands meet (torch.result_type): tensors before 0-d tensors before plain numbers.
DType mixed_result_type(std::initializer_list<InputRef> operands);
inline DType result_type(std::initializer_list<InputRef> operands) {
  const TensorImpl& first = (**operands.begin()).get();
  bool alike = true;
  for (const InputRef& operand : operands)
    alike = alike && (*operand).get().dtype == first.dtype && !(*operand).get().wrapped_number;
  return alike ? first.dtype : mixed_result_type(operands);
}

/// The same, an integer result becoming float32.
DType floating_type(std::initializer_list<InputRef> operands);

/// TypeError for a sparse tensor.
[[noreturn]] void refuse_sparse(const char* op);
inline void require_dense(const char* op, const Tensor& x) {
  if (x.is_sparse()) [[unlikely]]
    refuse_sparse(op);
}

/// x through a kernel, computed in `dtype`. TypeError naming `op` where the kernel does not take it.
Tensor unary(const char* op, const Tensor& x, const kernels::Unary& kernel, DType dtype,
             std::initializer_list<double> parameters = {});

/// a and b broadcast, computed in `dtype`; the result is of `dtype`, or bool for a predicate.
Tensor binary(const char* op, const Tensor& a, const Tensor& b, const kernels::Binary& kernel, DType dtype);
Tensor compare(const char* op, const Tensor& a, const Tensor& b, const kernels::Binary& kernel, DType dtype);

/// a, b and c broadcast; the first is taken as `first`, the others and the result as `dtype`.
Tensor ternary(const char* op, const Tensor& a, const Tensor& b, const Tensor& c, const kernels::Ternary& kernel,
               DType first, DType dtype);

/// `x` as `dtype` outside the tape: itself where it is that already.
Tensor cast_raw(const Tensor& x, DType dtype);

/// Copies the numbers of `from`, broadcast and converted, into `to`; outside the tape, and the version stays.
void copy_raw(const Tensor& to, const Tensor& from);

/// A gradient brought to an operand's shape and dtype, after broadcasting and promotion.
Tensor sum_to(Tensor gradient, const Shape& shape, DType dtype);
inline Tensor sum_to(Tensor gradient, const Like& like) { return sum_to(std::move(gradient), like.shape, like.dtype); }
inline Tensor sum_to(Tensor gradient, const Tensor& like) {
  return sum_to(std::move(gradient), like.shape(), like.dtype());
}

/// GradError if `self` must not be changed in place now: a leaf that requires grad, a view of one, a view whose kind
/// forbids it where the change is `recorded`, an inference tensor outside its mode. ValueError if several of its
/// elements share one place.
void check_in_place(const char* op, const Tensor& self, bool recorded);

/// `self` as it is now, with its history and memory of its own.
Tensor snapshot(const Tensor& self);

/// Writes `result` into `self`, which takes over its history; a view hands it on to its base.
void assign_in_place(const char* op, const Tensor& self, const Tensor& result);

/// self = f(self, other): the kernel writes straight into self where nothing is recorded.
Tensor& in_place(const char* op, Tensor& self, const Tensor& other, const kernels::Binary& kernel,
                 Tensor (*f)(const Tensor&, const Tensor&));

/// self = f(self), in one go; `others` are the further tensors that f reads.
template <class F>
Tensor& in_place(const char* op, Tensor& self, std::initializer_list<InputRef> others, F f) {
  const bool recorded = would_record({self}) || would_record(others);
  check_in_place(op, self, recorded);
  assign_in_place(op, self, f(recorded && self.requires_grad() ? snapshot(self) : self));
  return self;
}

}  // namespace taper::detail
