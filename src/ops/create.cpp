#include "taper/ops/create.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/elementwise.h"
#include "taper/base/error.h"
#include "tensor/make.h"

namespace taper {
namespace {

Tensor make(const char* op, const Shape& shape, const TensorOptions& options, DType inferred = DType::float32) {
  if (options.device != "cpu")
    throw ValueError(fmt::format("{}: device '{}'; there is only 'cpu'", op, options.device));
  const DType dtype = options.dtype.value_or(inferred);
  if (options.requires_grad && !is_floating_point(dtype))
    throw TypeError(fmt::format("{}: only floating-point tensors have gradients, not {}", op, name(dtype)));
  return detail::make_tensor(shape, dtype);
}

Tensor finish(Tensor tensor, const TensorOptions& options) {
  if (options.requires_grad) tensor.requires_grad_();
  return tensor;
}

void set_zero(const Tensor& tensor) {
  std::memset(tensor.get().data, 0, static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype()));
}

TensorOptions with_dtype(TensorOptions options, DType dtype) {
  options.dtype = options.dtype.value_or(dtype);
  return options;
}

}  // namespace

Tensor empty(const Shape& shape, TensorOptions options) {
  Tensor out = make("empty", shape, options);
  if (out.dtype() == DType::bool_) set_zero(out);  // any other byte is no bool
  return finish(std::move(out), options);
}
Tensor empty(const Shape& shape, DType dtype) { return empty(shape, TensorOptions{.dtype = dtype}); }

Tensor zeros(const Shape& shape, TensorOptions options) {
  Tensor out = make("zeros", shape, options);
  set_zero(out);
  return finish(std::move(out), options);
}
Tensor zeros(const Shape& shape, DType dtype) { return zeros(shape, TensorOptions{.dtype = dtype}); }

Tensor full(const Shape& shape, Scalar value, TensorOptions options) {
  const DType inferred = value.dtype() == DType::float64 ? DType::float32 : value.dtype();
  Tensor out = make("full", shape, options, inferred);
  detail::dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T number =
        value.dtype() == DType::float64 ? static_cast<T>(value.to_double()) : static_cast<T>(value.to_int());
    T* data = reinterpret_cast<T*>(out.get().data);
    for (std::int64_t i = 0; i < out.numel(); ++i) data[i] = number;
  });
  return finish(std::move(out), options);
}
Tensor full(const Shape& shape, Scalar value, DType dtype) { return full(shape, value, TensorOptions{.dtype = dtype}); }

Tensor ones(const Shape& shape, TensorOptions options) { return full(shape, 1, with_dtype(options, DType::float32)); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }

Tensor zeros_like(const Tensor& like, TensorOptions options) {
  return zeros(like.shape(), with_dtype(options, like.dtype()));
}
Tensor ones_like(const Tensor& like, TensorOptions options) {
  return ones(like.shape(), with_dtype(options, like.dtype()));
}
Tensor empty_like(const Tensor& like, TensorOptions options) {
  return empty(like.shape(), with_dtype(options, like.dtype()));
}
Tensor full_like(const Tensor& like, Scalar value, TensorOptions options) {
  return full(like.shape(), value, with_dtype(options, like.dtype()));
}

Tensor arange(Scalar end, TensorOptions options) { return arange(0, end, 1, options); }

Tensor arange(Scalar start, Scalar end, Scalar step, TensorOptions options) {
  bool floating = false;
  for (const Scalar& s : {start, end, step}) floating |= s.dtype() == DType::float64;
  const double by = step.to_double();
  if (by == 0 || !(std::isfinite(start.to_double()) && std::isfinite(end.to_double()) && std::isfinite(by)))
    throw ValueError(fmt::format("arange: from {} to {} by {}; the step must not be 0 and all must be finite",
                                 start.to_double(), end.to_double(), by));
  if ((by > 0) != (end.to_double() >= start.to_double()) && end.to_double() != start.to_double())
    throw ValueError(
        fmt::format("arange: a step of {} does not lead from {} to {}", by, start.to_double(), end.to_double()));
  const double steps = std::ceil((end.to_double() - start.to_double()) / by);
  if (steps > 0x1p53) throw ShapeError(fmt::format("arange: {} elements; size overflows", steps));
  const auto count = static_cast<std::int64_t>(steps);
  Tensor out = make("arange", {count}, options, floating ? DType::float32 : DType::int64);
  detail::dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* data = reinterpret_cast<T*>(out.get().data);
    for (std::int64_t i = 0; i < count; ++i)
      data[i] = floating || is_floating_point(out.dtype())
                    ? static_cast<T>(start.to_double() + static_cast<double>(i) * by)
                    : static_cast<T>(start.to_int() + i * step.to_int());
  });
  return finish(std::move(out), options);
}

Tensor linspace(double start, double end, std::int64_t steps, TensorOptions options) {
  if (steps < 0) throw ValueError(fmt::format("linspace: {} steps; at least 0", steps));
  Tensor out = make("linspace", {steps}, options);
  detail::dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using Wide = std::conditional_t<std::is_same_v<T, float>, float, double>;
    T* data = reinterpret_cast<T*>(out.get().data);
    const Wide from = static_cast<Wide>(start);
    const Wide to = static_cast<Wide>(end);
    const Wide step = steps > 1 ? (to - from) / static_cast<Wide>(steps - 1) : Wide(0);
    // From both ends towards the middle, so that the last number is `end` itself.
    const auto value = [&](std::int64_t i) {
      return i < steps / 2 || steps == 1 ? std::fma(step, static_cast<Wide>(i), from)
                                         : std::fma(-step, static_cast<Wide>(steps - i - 1), to);
    };
    // PyTorch's vectors, of which it takes two at a time, go on from their first number.
    constexpr std::int64_t width = std::is_floating_point_v<T> ? 32 / static_cast<std::int64_t>(sizeof(T)) : 1;
    const std::int64_t in_vectors = steps - steps % (2 * width);
    for (std::int64_t i = 0; i < steps; ++i)
      data[i] = static_cast<T>(i < in_vectors && width > 1 ? value(i - i % width) + static_cast<Wide>(i % width) * step
                                                           : value(i));
  });
  return finish(std::move(out), options);
}

Tensor eye(std::int64_t n, TensorOptions options) { return eye(n, n, options); }

Tensor eye(std::int64_t n, std::int64_t m, TensorOptions options) {
  Tensor out = make("eye", {n, m}, options);
  set_zero(out);
  detail::dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* data = reinterpret_cast<T*>(out.get().data);
    for (std::int64_t i = 0; i < std::min(n, m); ++i) data[i * m + i] = T(1);
  });
  return finish(std::move(out), options);
}

namespace detail {

void Literal::enter(int depth, std::int64_t size) {
  if (depth == shape_.size()) {
    shape_.push_back(size);
  } else if (shape_[depth] != size) {
    throw ShapeError(
        fmt::format("tensor: braces at depth {} hold {} entries here and {} before; rows must have one length", depth,
                    size, shape_[depth]));
  }
}

Tensor Literal::make(DType inferred, TensorOptions options) const {
  // Braces that mix C++ types are read as Scalars; they are a float tensor only if one of the numbers is a fraction.
  const auto fraction = [](const Scalar& value) { return value.dtype() == DType::float64; };
  const auto integer = [](const Scalar& value) { return value.dtype() == DType::int64; };
  if (inferred == DType::float32 && !values_.empty() && std::none_of(values_.begin(), values_.end(), fraction))
    inferred = std::any_of(values_.begin(), values_.end(), integer) ? DType::int64 : DType::bool_;
  Tensor out = taper::make("tensor", shape_, options, inferred);
  dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* data = reinterpret_cast<T*>(out.get().data);
    for (const Scalar& value : values_)
      *data++ = value.dtype() == DType::float64 ? static_cast<T>(value.to_double()) : static_cast<T>(value.to_int());
  });
  return finish(std::move(out), options);
}

Tensor from_array(const void* data, DType dtype, std::int64_t count, TensorOptions options) {
  Tensor out = taper::make("tensor", {count}, options, dtype);
  if (count > 0) {
    const Tensor source = adopt_memory(const_cast<void*>(data), {count}, dtype, nullptr, [](void*) {});
    copy_raw(out, source);
  }
  return finish(std::move(out), options);
}

}  // namespace detail

Tensor tensor(const std::vector<bool>& values, TensorOptions options) {
  Tensor out = make("tensor", {static_cast<std::int64_t>(values.size())}, options, DType::bool_);
  const Tensor truth = detail::make_tensor(out.shape(), DType::bool_);
  std::copy(values.begin(), values.end(), truth.data<bool>());
  detail::copy_raw(out, truth);
  return finish(std::move(out), options);
}

}  // namespace taper
