#include "ops/elementwise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/parallel.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/reduce.h"

namespace taper::detail {

void refuse_sparse(const char* op) { throw TypeError(fmt::format("{}: a sparse tensor; use to_dense() first", op)); }

namespace {

int category(DType dtype) { return dtype == DType::bool_ ? 0 : is_floating_point(dtype) ? 2 : 1; }

// The operands of one rank, promoted among themselves; `lower` ranks lift it only to a higher category.
struct Rank {
  bool any = false;
  DType dtype = DType::bool_;
  void add(DType other) {
    dtype = any ? promote_types(dtype, other) : other;
    any = true;
  }
};

Rank lift(const Rank& higher, const Rank& lower) {
  if (!higher.any) return lower;
  if (!lower.any || category(higher.dtype) >= category(lower.dtype)) return higher;
  Rank result = higher;
  result.add(lower.dtype);
  return result;
}

[[noreturn]] void refuse(const char* op, DType dtype) {
  throw TypeError(fmt::format("{}: not defined for {}", op, name(dtype)));
}

std::int64_t item_size(DType dtype) { return static_cast<std::int64_t>(size_of(dtype)); }

kernels::Operand operand(const Tensor& x, const Shape& to) {
  const TensorImpl& impl = x.get();
  return {impl.data, impl.shape == to ? impl.strides : kernels::broadcast_strides(impl.shape, impl.strides, to),
          item_size(impl.dtype)};
}

// The dense strides of an elementwise result: those of the operand where it fills its memory in another order.
bool same_layout(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.is_contiguous() && b.is_contiguous();
}

// An operand of a loop over what lies in one piece: its numbers, or with a step of 0 one for all.
struct Run {
  const char* data;
  std::int64_t step;
};

void run_dense(kernels::BinaryLoop loop, DType dtype, const Tensor& out, const Run& x, const Run& y) {
  char* o = out.get().data;
  const std::int64_t n = out.numel();
  if (n <= kernels::kGrain) return loop(n, o, 1, x.data, x.step, y.data, y.step);
  const std::int64_t so = item_size(out.dtype());
  const std::int64_t size = item_size(dtype);
  parallel_for(0, n, kernels::kGrain, [&](std::int64_t begin, std::int64_t end) {
    loop(end - begin, o + begin * so, 1, x.data + begin * x.step * size, x.step, y.data + begin * y.step * size,
         y.step);
  });
}

// Operands of one shape that lie in one piece.
void run_dense(kernels::BinaryLoop loop, const Tensor& out, const Tensor& a, const Tensor& b) {
  run_dense(loop, a.dtype(), out, {a.get().data, 1}, {b.get().data, 1});
}

// One element as a number of some dtype.
class Single {
 public:
  Single(const Tensor& x, DType dtype) { kernels::cast(x.dtype(), dtype)(1, bytes_, 1, x.get().data, 1); }
  Run run() const { return {bytes_, 0}; }

 private:
  alignas(8) char bytes_[8];
};

// Whether `one` is an element that meets each of `many`, whose numbers lie in one piece.
bool meets_all(const Tensor& one, const Tensor& many, DType dtype) {
  return one.numel() == 1 && one.dim() <= many.dim() && many.is_contiguous() && many.dtype() == dtype;
}

void run_binary(kernels::BinaryLoop loop, const Tensor& out, const Tensor& a, const Tensor& b) {
  if (same_layout(out, a) && same_layout(out, b)) return run_dense(loop, out, a, b);
  kernels::iterate<3>(out.shape(), {operand(out, out.shape()), operand(a, out.shape()), operand(b, out.shape())},
                      [loop](std::int64_t n, const std::array<char*, 3>& p, const std::array<std::int64_t, 3>& s) {
                        loop(n, p[0], s[0], p[1], s[1], p[2], s[2]);
                      });
}

Tensor binary_as(const char* op, const Tensor& a, const Tensor& b, const kernels::Binary& kernel, DType dtype,
                 DType out_dtype) {
  require_dense(op, a);
  require_dense(op, b);
  const kernels::BinaryLoop loop = kernel[dtype];
  if (loop == nullptr) refuse(op, dtype);
  if (a.dtype() == dtype && b.dtype() == dtype && same_layout(a, b)) {
    Tensor out = make_dense_like(a, out_dtype);
    run_dense(loop, out, a, b);
    return out;
  }
  if (meets_all(b, a, dtype)) {
    Tensor out = make_dense_like(a, out_dtype);
    run_dense(loop, dtype, out, {a.get().data, 1}, Single(b, dtype).run());
    return out;
  }
  if (meets_all(a, b, dtype)) {
    Tensor out = make_dense_like(b, out_dtype);
    run_dense(loop, dtype, out, Single(a, dtype).run(), {b.get().data, 1});
    return out;
  }
  Tensor out = make_tensor(broadcast_shapes(op, a.shape(), b.shape()), out_dtype);
  run_binary(loop, out, cast_raw(a, dtype), cast_raw(b, dtype));
  return out;
}

}  // namespace

DType mixed_result_type(std::initializer_list<InputRef> operands) {
  Rank dims;
  Rank zero;
  Rank number;
  for (const InputRef& ref : operands) {
    const TensorImpl& impl = (*ref).get();
    if (impl.wrapped_number)
      number.add(is_floating_point(impl.dtype) ? DType::float32 : impl.dtype);
    else
      (impl.shape.empty() ? zero : dims).add(impl.dtype);
  }
  return lift(dims, lift(zero, number)).dtype;
}

DType floating_type(std::initializer_list<InputRef> operands) {
  const DType dtype = result_type(operands);
  return is_floating_point(dtype) ? dtype : DType::float32;
}

Tensor unary(const char* op, const Tensor& x, const kernels::Unary& kernel, DType dtype,
             std::initializer_list<double> parameters) {
  require_dense(op, x);
  const kernels::UnaryLoop loop = kernel[dtype];
  if (loop == nullptr) refuse(op, dtype);
  const DType out_dtype = &kernel == &kernels::pointwise().logical_not ? DType::bool_ : dtype;
  const double* p = parameters.begin();
  if (x.dtype() == dtype && x.is_contiguous() && x.numel() <= kernels::kGrain) {
    Tensor out = make_dense_like(x, out_dtype);
    loop(x.numel(), out.get().data, 1, x.get().data, 1, p);
    return out;
  }
  const Tensor in = cast_raw(x, dtype);
  Tensor out = make_tensor(in.shape(), out_dtype);
  kernels::iterate<2>(out.shape(), {operand(out, out.shape()), operand(in, out.shape())},
                      [loop, p](std::int64_t n, const std::array<char*, 2>& at, const std::array<std::int64_t, 2>& s) {
                        loop(n, at[0], s[0], at[1], s[1], p);
                      });
  return out;
}

Tensor binary(const char* op, const Tensor& a, const Tensor& b, const kernels::Binary& kernel, DType dtype) {
  return binary_as(op, a, b, kernel, dtype, dtype);
}

Tensor compare(const char* op, const Tensor& a, const Tensor& b, const kernels::Binary& kernel, DType dtype) {
  return binary_as(op, a, b, kernel, dtype, DType::bool_);
}

Tensor ternary(const char* op, const Tensor& a, const Tensor& b, const Tensor& c, const kernels::Ternary& kernel,
               DType first, DType dtype) {
  for (const Tensor* x : {&a, &b, &c}) require_dense(op, *x);
  const kernels::TernaryLoop loop = kernel[dtype];
  if (loop == nullptr) refuse(op, dtype);
  const Shape shape = broadcast_shapes(op, broadcast_shapes(op, a.shape(), b.shape()), c.shape());
  Tensor out = make_tensor(shape, dtype);
  const Tensor x = cast_raw(a, first);
  const Tensor y = cast_raw(b, dtype);
  const Tensor z = cast_raw(c, dtype);
  kernels::iterate<4>(shape, {operand(out, shape), operand(x, shape), operand(y, shape), operand(z, shape)},
                      [loop](std::int64_t n, const std::array<char*, 4>& p, const std::array<std::int64_t, 4>& s) {
                        loop(n, p[0], s[0], p[1], s[1], p[2], s[2], p[3], s[3]);
                      });
  return out;
}

void copy_raw(const Tensor& to, const Tensor& from) {
  require_dense("copy", to);
  require_dense("copy", from);
  if (from.dtype() == to.dtype() && same_layout(to, from)) {
    char* const out = to.get().data;
    const char* const in = from.get().data;
    const std::int64_t bytes = to.numel() * static_cast<std::int64_t>(size_of(to.dtype()));
    parallel_for(0, bytes, 1 << 17, [=](std::int64_t begin, std::int64_t end) {
      std::memcpy(out + begin, in + begin, static_cast<std::size_t>(end - begin));
    });
    return;
  }
  const kernels::CastLoop loop = kernels::cast(from.dtype(), to.dtype());
  kernels::iterate<2>(to.shape(), {operand(to, to.shape()), operand(from, to.shape())},
                      [loop](std::int64_t n, const std::array<char*, 2>& p, const std::array<std::int64_t, 2>& s) {
                        loop(n, p[0], s[0], p[1], s[1]);
                      });
}

Tensor cast_raw(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor out = make_tensor(x.shape(), dtype);
  copy_raw(out, x);
  return out;
}

Tensor sum_to(Tensor gradient, const Shape& shape, DType dtype) {
  if (gradient.shape() != shape) {
    Shape dims;
    const int extra_dims = gradient.dim() - shape.size();
    for (int d = 0; d < gradient.dim(); ++d)
      if (d < extra_dims || (shape[d - extra_dims] == 1 && gradient.shape()[d] != 1)) dims.push_back(d);
    if (!dims.empty()) gradient = gradient.sum(dims, true);
    if (gradient.shape() != shape) gradient = gradient.view(shape);
  }
  if (gradient.dtype() == dtype) return gradient;
  return gradient.to(dtype);
}

Tensor& in_place(const char* op, Tensor& self, const Tensor& other, const kernels::Binary& kernel,
                 Tensor (*f)(const Tensor&, const Tensor&)) {
  require_dense(op, self);
  require_dense(op, other);
  const bool recorded = would_record({self, other});
  check_in_place(op, self, recorded);
  if (recorded || self.dtype() != result_type({self, other}) ||
      broadcast_shapes(op, self.shape(), other.shape()) != self.shape() || kernel[self.dtype()] == nullptr) {
    assign_in_place(op, self, f(recorded && self.requires_grad() ? snapshot(self) : self, other));
    return self;
  }
  // Overlapping memory other than self itself is read before it is written.
  const bool overlaps = other.shares_memory_with(self) && !other.is(self);
  run_binary(kernel[self.dtype()], self, self, cast_raw(overlaps ? other.detach().clone() : other, self.dtype()));
  bump_version(self);
  return self;
}

}  // namespace taper::detail
