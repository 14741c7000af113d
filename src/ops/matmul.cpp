#include "taper/ops/matmul.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "kernels/blas.h"
#include "kernels/reduce.h"
#include "ops/elementwise.h"
#include "taper/base/error.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

using detail::sum_to;

// "(4x3)"
std::string text(const Tensor& x) {
  std::string sizes;
  for (const std::int64_t size : x.shape()) sizes += fmt::format("{}{}", sizes.empty() ? "" : "x", size);
  return "(" + sizes + ")";
}

void check_dims(const char* op, const Tensor& a, int dims_a, const Tensor& b, int dims_b) {
  if (a.dim() != dims_a || b.dim() != dims_b)
    throw ShapeError(fmt::format("{}: {} x {}; takes {} and {} dimensions", op, text(a), text(b), dims_a, dims_b));
}

void check_inner(const char* op, const Tensor& a, const Tensor& b, std::int64_t inner_a, std::int64_t inner_b) {
  if (inner_a != inner_b)
    throw ShapeError(fmt::format("{}: {} x {}: inner {} vs {}", op, text(a), text(b), inner_a, inner_b));
}

void check_types(const char* op, const Tensor& a, const Tensor& b) {
  for (const Tensor* x : {&a, &b}) {
    detail::require_dense(op, *x);
    if (x->dtype() == DType::bool_) throw TypeError(fmt::format("{}: not defined for bool; convert with to()", op));
  }
  if (a.dtype() != b.dtype())
    throw TypeError(fmt::format("{}: {} x {}; both operands need one dtype", op, name(a.dtype()), name(b.dtype())));
}

// An operand as it is multiplied: as it stands, or with its last two dimensions exchanged.
struct Side {
  const Tensor& x;
  bool turned = false;
  std::int64_t size(int from_end) const { return x.shape()[x.dim() - (turned ? 3 - from_end : from_end)]; }
  Side turn() const { return {x, !turned}; }
};

// The last two dimensions of an operand as gemm takes them, with one stride of 1; copied where they do not lie so.
class Matrix {
 public:
  explicit Matrix(const Side& side) : impl_(&side.x.get()), turned_(side.turned) {
    if (lies_well()) return;
    copy_ = detail::make_tensor(impl_->shape, impl_->dtype);
    detail::copy_raw(copy_, side.x);
    impl_ = &copy_.get();
    lies_well();
  }

  template <class T>
  kernels::Laid<T> laid() const {
    const T* data = reinterpret_cast<const T*>(impl_->data);
    return turned_ ? kernels::Laid<T>{data, across_, down_} : kernels::Laid<T>{data, down_, across_};
  }
  std::int64_t next() const { return impl_->shape.size() > 2 ? impl_->strides[0] : 0; }

 private:
  bool lies_well() {
    const int d = impl_->shape.size() - 2;
    const std::int64_t rows = impl_->shape[d];
    const std::int64_t columns = impl_->shape[d + 1];
    down_ = impl_->strides[d];
    across_ = impl_->strides[d + 1];
    if ((across_ == 1 || columns <= 1) && (down_ >= columns || rows <= 1)) {
      across_ = 1;
      if (rows <= 1) down_ = std::max<std::int64_t>(columns, 1);
      return true;
    }
    if ((down_ == 1 || rows <= 1) && (across_ >= rows || columns <= 1)) {
      down_ = 1;
      if (columns <= 1) across_ = std::max<std::int64_t>(rows, 1);
      return true;
    }
    return false;
  }

  const detail::TensorImpl* impl_;
  Tensor copy_;
  bool turned_;
  std::int64_t down_ = 0;
  std::int64_t across_ = 0;
};

// alpha a b + beta base, written to the contiguous `out`; a, b and out are matrices or equally many of them. The base
// broadcasts to out's shape, and may be undefined where beta is 0.
void multiply(const Side& a, const Side& b, const Tensor& out, Scalar beta = 0, Scalar alpha = 1,
              const Tensor& base = {}) {
  if (out.numel() == 0) return;
  const Matrix left(a);
  const Matrix right(b);
  const int d = out.dim() - 2;
  const std::int64_t m = out.shape()[d];
  const std::int64_t n = out.shape()[d + 1];
  Shape added;  // the base's strides, broadcast
  if (base.defined()) added = kernels::broadcast_strides(base.shape(), base.strides(), out.shape());
  detail::dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, bool>) {
      const auto number = [](Scalar s) {
        return std::is_floating_point_v<T> ? static_cast<T>(s.to_double()) : static_cast<T>(s.to_int());
      };
      T* data = out.data<T>();
      const auto base_laid =
          base.defined() ? kernels::Laid<T>{base.data<T>(), added[d], added[d + 1]} : kernels::Laid<T>{data, n, 1};
      const kernels::Product<T> product{
          m, n, a.size(1), number(alpha), left.laid<T>(), right.laid<T>(), number(beta), base_laid, data, n};
      if (d == 0) return kernels::gemm(product);
      const std::int64_t next_base = base.defined() ? added[0] : m * n;
      kernels::gemm_batch(out.shape()[0], product, {left.next(), right.next(), next_base, m * n});
    }
  });
}

// a b outside the tape.
Tensor product(const Side& a, const Side& b) {
  const Shape shape = a.x.dim() == 2 ? Shape{a.size(2), b.size(1)} : Shape{a.x.shape()[0], a.size(2), b.size(1)};
  Tensor out = detail::make_tensor(shape, a.x.dtype());
  multiply(a, b, out);
  return out;
}

// a b in a backward, of operations where that is recorded.
Tensor product(const Grads& dx, const Side& a, const Side& b) {
  if (!dx.recording()) return product(a, b);
  const auto turned = [](const Side& side) {
    if (!side.turned) return side.x;
    return side.x.dim() == 2 ? side.x.t() : side.x.transpose(1, 2);
  };
  return a.x.dim() == 2 ? turned(a).mm(turned(b)) : turned(a).bmm(turned(b));
}

// Whether a matrix lies column by column, as the transpose of a contiguous one does.
bool lies_transposed(const Tensor& x) {
  return x.strides()[0] == 1 && x.strides()[1] == x.shape()[0] && !x.is_contiguous();
}

// The gradient a b of a matrix `of`, laid out as that is: a weight's gradient, reached through its transpose, is
// contiguous.
Tensor gradient(const Grads& dx, const Side& a, const Side& b, const Tensor& of) {
  if (!lies_transposed(of)) return product(dx, a, b);
  const Tensor turned = product(dx, b.turn(), a.turn());
  if (dx.recording()) return turned.t();
  return detail::alias(turned, of.shape(), of.strides());
}

// The gradient of what was added to each row of a result.
Tensor row_gradient(const Grads& dx, const Tensor& g, const Like& like) {
  if (dx.recording() || !g.is_contiguous() || like.shape.size() != 1 || like.shape[0] != g.shape()[1])
    return sum_to(g, like);
  Tensor out = detail::make_tensor(like.shape, like.dtype);
  detail::dispatch_floating(like.dtype, [&](auto zero) {
    using T = decltype(zero);
    kernels::sum(g.data<T>(), 1, g.shape()[0], g.shape()[1], out.data<T>());
  });
  return out;
}

// A fresh result in another shape, under the name that PyTorch gives to that step.
Tensor reshaped(const char* node, const Tensor& x, const Shape& shape) {
  return record(node, detail::alias(x, shape, contiguous_strides(shape)), {x}, saved(x.shape()),
                [](Grads& dx, const Tensor& g, const Shape& from) { dx.add(0, g.reshape(from)); });
}

// What the dimensions in front of the last two broadcast to.
Shape stack_shape(const Tensor& a, const Tensor& b) {
  const auto front = [](const Tensor& x) {
    return Shape(std::span(x.shape().begin(), x.shape().end() - std::min(x.dim(), 2)));
  };
  try {
    return broadcast_shapes("matmul", front(a), front(b));
  } catch (const ShapeError&) {
    throw ShapeError(fmt::format("matmul: {} x {}: stacks of {} and {} do not broadcast", text(a), text(b),
                                 to_string(front(a)), to_string(front(b))));
  }
}

// matmul of stacks, at least one operand of three dimensions or more; vectors have become matrices already.
Tensor stacked(const Tensor& a, const Tensor& b, const Shape& result) {
  const std::int64_t m = a.size(-2);
  const std::int64_t k = a.size(-1);
  const std::int64_t n = b.size(-1);
  if (b.dim() == 2)
    return reshaped("UnsafeViewBackward0", a.reshape({a.numel() / std::max<std::int64_t>(k, 1), k}).mm(b), result);
  const Shape batch = stack_shape(a, b);
  const std::int64_t count = numel(batch);
  const auto spread = [&](const Tensor& x, std::int64_t rows, std::int64_t columns) {
    Shape whole = batch;
    whole.push_back(rows);
    whole.push_back(columns);
    const Tensor expanded = x.shape() == whole ? x : x.expand(whole);
    return expanded.dim() == 3 ? expanded : expanded.reshape({count, rows, columns});
  };
  return reshaped("UnsafeViewBackward0", spread(a, m, k).bmm(spread(b, k, n)), result);
}

}  // namespace

namespace {

// mm, under the name of what was called.
Tensor product_of_matrices(const char* op, const Tensor& a, const Tensor& b) {
  check_dims(op, a, 2, b, 2);
  check_types(op, a, b);
  check_inner(op, a, b, a.shape()[1], b.shape()[0]);
  return record("MmBackward0", product(Side{a}, Side{b}), {a, b}, saved(read_for(a, b), read_for(b, a)),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y) {
                  if (dx.wants(0)) dx.add(0, gradient(dx, {g}, {y, true}, x));
                  if (dx.wants(1)) dx.add(1, gradient(dx, {x, true}, {g}, y));
                });
}

}  // namespace

Tensor mm(const Tensor& a, const Tensor& b) { return product_of_matrices("mm", a, b); }

Tensor bmm(const Tensor& a, const Tensor& b) {
  check_dims("bmm", a, 3, b, 3);
  check_types("bmm", a, b);
  if (a.shape()[0] != b.shape()[0])
    throw ShapeError(fmt::format("bmm: {} x {}: {} vs {} matrices", text(a), text(b), a.shape()[0], b.shape()[0]));
  check_inner("bmm", a, b, a.shape()[2], b.shape()[1]);
  return record("BmmBackward0", product(Side{a}, Side{b}), {a, b}, saved(read_for(a, b), read_for(b, a)),
                [](Grads& dx, const Tensor& g, const Tensor& x, const Tensor& y) {
                  if (dx.wants(0)) dx.add(0, product(dx, {g}, {y, true}));
                  if (dx.wants(1)) dx.add(1, product(dx, {x, true}, {g}));
                });
}

Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) {
  check_dims("addmm", a, 2, b, 2);
  check_types("addmm", a, b);
  check_types("addmm", input, a);
  check_inner("addmm", a, b, a.shape()[1], b.shape()[0]);
  const Shape shape{a.shape()[0], b.shape()[1]};
  if (broadcast_shapes("addmm", input.shape(), shape) != shape)
    throw ShapeError(fmt::format("addmm: an input of shape {} does not broadcast to the product's {}",
                                 to_string(input.shape()), to_string(shape)));
  const bool fraction = beta.dtype() == DType::float64 || alpha.dtype() == DType::float64;
  if (!is_floating_point(a.dtype()) && fraction)
    throw TypeError(fmt::format("addmm: beta and alpha must be integers for operands of {}", name(a.dtype())));
  Tensor out = detail::make_tensor(shape, a.dtype());
  multiply({a}, {b}, out, beta, alpha, input);
  return record(
      "AddmmBackward0", std::move(out), {input, a, b},
      saved(Like(input), read_for(a, b), read_for(b, a), beta.to_double(), alpha.to_double()),
      [](Grads& dx, const Tensor& g, const Like& like, const Tensor& x, const Tensor& y, double scale, double factor) {
        if (dx.wants(0)) dx.add(0, row_gradient(dx, scale == 1 ? g : g * scale, like));
        if (!dx.wants(1) && !dx.wants(2)) return;
        const Tensor scaled = factor == 1 ? g : g * factor;
        if (dx.wants(1)) dx.add(1, gradient(dx, {scaled}, {y, true}, x));
        if (dx.wants(2)) dx.add(2, gradient(dx, {x, true}, {scaled}, y));
      });
}

Tensor mv(const Tensor& a, const Tensor& x) {
  check_dims("mv", a, 2, x, 1);
  check_types("mv", a, x);
  check_inner("mv", a, x, a.shape()[1], x.shape()[0]);
  const Tensor column = detail::alias(x, {x.shape()[0], 1}, {x.strides()[0], 1});
  Tensor out = detail::make_tensor({a.shape()[0], 1}, a.dtype());
  multiply({a}, {column}, out);
  return record("MvBackward0", detail::alias(out, {a.shape()[0]}, {1}), {a, x}, saved(read_for(a, x), read_for(x, a)),
                [](Grads& dx, const Tensor& g, const Tensor& matrix, const Tensor& vector) {
                  if (dx.wants(0)) dx.add(0, outer(g, vector));
                  if (dx.wants(1)) dx.add(1, mv(matrix.t(), g));
                });
}

Tensor dot(const Tensor& x, const Tensor& y) {
  check_dims("dot", x, 1, y, 1);
  check_types("dot", x, y);
  check_inner("dot", x, y, x.shape()[0], y.shape()[0]);
  Tensor out = detail::make_tensor({}, x.dtype());
  const Tensor left = x.detach().contiguous();
  const Tensor right = y.detach().contiguous();
  detail::dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, bool>)
      *out.data<T>() = kernels::dot<T>(x.numel(), left.data<T>(), right.data<T>());
  });
  return record("DotBackward0", std::move(out), {x, y}, saved(read_for(x, y), read_for(y, x)),
                [](Grads& dx, const Tensor& g, const Tensor& p, const Tensor& q) {
                  if (dx.wants(0)) dx.add(0, g * q);
                  if (dx.wants(1)) dx.add(1, g * p);
                });
}

Tensor outer(const Tensor& x, const Tensor& y) {
  check_dims("outer", x, 1, y, 1);
  return x.unsqueeze(1) * y;
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  if (a.dim() == 2 && b.dim() == 2) return product_of_matrices("matmul", a, b);
  if (a.dim() == 0 || b.dim() == 0)
    throw ShapeError(
        fmt::format("matmul: {} x {}; both need a dimension at least, multiply by a number with *", text(a), text(b)));
  check_types("matmul", a, b);
  check_inner("matmul", a, b, a.size(-1), b.size(b.dim() == 1 ? 0 : -2));
  if (a.dim() == 1 && b.dim() == 1) return dot(a, b);
  if (a.dim() == 2 && b.dim() == 1) return mv(a, b);
  if (a.dim() == 1 && b.dim() == 2) return reshaped("SqueezeBackward3", a.unsqueeze(0).mm(b), {b.shape()[1]});
  Shape result = stack_shape(a, b);
  if (a.dim() > 1) result.push_back(a.size(-2));
  if (b.dim() > 1) result.push_back(b.size(-1));
  return stacked(a.dim() == 1 ? a.unsqueeze(0) : a, b.dim() == 1 ? b.unsqueeze(1) : b, result);
}

namespace {

// linear of a matrix with a weight [out, in]: addmm with the weight read through its transpose.
Tensor linear_rows(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_types("linear", x, weight);
  check_types("linear", bias, x);
  Tensor out = detail::make_tensor({x.shape()[0], weight.shape()[0]}, x.dtype());
  multiply({x}, {weight, true}, out, 1, 1, bias);
  return record("AddmmBackward0", std::move(out), {bias, x, weight},
                saved(Like(bias), read_for(x, weight), read_for(weight, x)),
                [](Grads& dx, const Tensor& g, const Like& like, const Tensor& in, const Tensor& w) {
                  if (dx.wants(0)) dx.add(0, row_gradient(dx, g, like));
                  if (dx.wants(1)) dx.add(1, gradient(dx, {g}, {w}, in));
                  if (dx.wants(2)) dx.add(2, gradient(dx, {g, true}, {in}, w));
                });
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (weight.dim() != 1 && weight.dim() != 2)
    throw ShapeError(fmt::format("linear: a weight of shape {}; [out, in] or [in]", to_string(weight.shape())));
  if (x.dim() == 0 || x.size(-1) != weight.size(-1))
    throw ShapeError(
        fmt::format("linear: an input of shape {} for a weight of shape {}; the input's last size must be {}",
                    to_string(x.shape()), to_string(weight.shape()), weight.size(-1)));
  if (!bias.defined()) return matmul(x, weight.t());
  const Shape width = weight.dim() == 1 ? Shape{} : Shape{weight.size(0)};
  if (bias.shape() != width && (bias.dim() > 1 || bias.numel() != 1))
    throw ShapeError(fmt::format("linear: a bias of shape {} for a weight of shape {}; {} fits",
                                 to_string(bias.shape()), to_string(weight.shape()), to_string(width)));
  if (weight.dim() == 2 && x.dim() == 2) return linear_rows(x, weight, bias);
  if (weight.dim() == 2 && x.dim() == 3 && x.is_contiguous()) {
    const Tensor rows = linear_rows(x.reshape({x.size(0) * x.size(1), x.size(2)}), weight, bias);
    return rows.view({x.size(0), x.size(1), weight.size(0)});
  }
  return matmul(x, weight.t()) + bias;
}

Tensor Tensor::mm(const Tensor& other) const { return taper::mm(*this, other); }
Tensor Tensor::bmm(const Tensor& other) const { return taper::bmm(*this, other); }
Tensor Tensor::matmul(const Tensor& other) const { return taper::matmul(*this, other); }
Tensor Tensor::dot(const Tensor& other) const { return taper::dot(*this, other); }

}  // namespace taper
