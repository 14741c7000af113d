#include <fmt/format.h>

#include <cmath>
#include <type_traits>

#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "tensor/make.h"
#include "testing/tolerance.h"

namespace taper::testing {
namespace {

template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

/// torch.isclose of two float64 or two int64 numbers. Integers are compared as float32, unless they have to be equal.
bool close(double a, double b, const Tolerance& t) {
  if (a == b || (t.equal_nan && std::isnan(a) && std::isnan(b))) return true;
  if (t.exact()) return false;
  const double difference = std::abs(a - b);
  return std::isfinite(difference) && difference <= t.atol + std::abs(t.rtol * b);
}
bool close(std::int64_t a, std::int64_t b, const Tolerance& t) {
  if (a == b) return true;
  if (t.exact()) return false;
  const auto expected = static_cast<float>(b);
  const float difference = std::abs(static_cast<float>(a) - expected);
  const float allowed = static_cast<float>(t.atol) + std::abs(static_cast<float>(t.rtol) * expected);
  return std::isfinite(difference) && difference <= allowed;
}

double distance(double a, double b) { return std::abs(a - b); }
/// Wraps around as int64 tensors do.
std::int64_t distance(std::int64_t a, std::int64_t b) {
  const auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  return difference < 0 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(difference)) : difference;
}

double ratio(double difference, double expected) { return difference / std::abs(expected); }
double ratio(std::int64_t difference, std::int64_t expected) {
  const auto size = static_cast<float>(distance(expected, std::int64_t{0}));
  return static_cast<double>(static_cast<float>(difference) / size);
}

/// The first of the greatest numbers offered one after the other; NaN is greater than all.
template <class T>
struct Greatest {
  T value{};
  std::int64_t place = 0;
  bool any = false;

  void offer(T candidate, std::int64_t at) {
    if (any && (candidate <= value || value != value)) return;
    value = candidate;
    place = at;
    any = true;
  }
};

Shape unravel(std::int64_t place, const Shape& shape) {
  Shape index = shape;
  for (int d = shape.size() - 1; d >= 0; --d) {
    index[d] = place % shape[d];
    place /= shape[d];
  }
  return index;
}

template <class T>
void measure(const T* actual, const T* expected, const Shape& shape, const Tolerance& tolerance, Differences& result) {
  Greatest<Wide<T>> absolute;
  Greatest<double> relative;
  for (std::int64_t i = 0; i < result.elements; ++i) {
    const auto a = static_cast<Wide<T>>(actual[i]);
    const auto b = static_cast<Wide<T>>(expected[i]);
    const bool differs = !close(a, b, tolerance);
    if (differs) ++result.mismatched;
    const Wide<T> difference = differs ? distance(a, b) : Wide<T>{};
    absolute.offer(difference, i);
    relative.offer(differs ? ratio(difference, b) : 0.0, i);
  }
  if (result.mismatched == 0) return;
  result.absolute = absolute.value;
  result.absolute_index = unravel(absolute.place, shape);
  result.relative = relative.value;
  result.relative_index = unravel(relative.place, shape);
}

/// Row-major, outside the tape.
Tensor plain(const Tensor& x, DType dtype) { return x.detach().to(dtype).contiguous(); }

}  // namespace

Tolerance tolerance_of(DType a, DType b, const AssertCloseOptions& options) {
  if (options.rtol.has_value() != options.atol.has_value())
    throw ValueError(fmt::format("Both 'rtol' and 'atol' must be either specified or omitted, but got no {}.",
                                 options.rtol ? "atol" : "rtol"));
  if (options.rtol) return {*options.rtol, *options.atol, options.equal_nan};
  const auto rtol = [](DType dtype) { return dtype == float32 ? 1.3e-6 : dtype == float64 ? 1e-7 : 0.0; };
  const auto atol = [](DType dtype) { return dtype == float32 ? 1e-5 : dtype == float64 ? 1e-7 : 0.0; };
  return {std::max(rtol(a), rtol(b)), std::max(atol(a), atol(b)), options.equal_nan};
}

Differences differences(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance) {
  if (actual.is_sparse() || expected.is_sparse()) throw TypeError("differences: takes dense tensors; use to_dense()");
  if (actual.shape() != expected.shape())
    throw ShapeError(fmt::format("differences: shapes {} and {}; both tensors must have one shape",
                                 to_string(actual.shape()), to_string(expected.shape())));
  Differences result;
  result.elements = actual.numel();
  result.rtol = tolerance.rtol;
  result.atol = tolerance.atol;
  const DType dtype = promote_types(actual.dtype(), expected.dtype());
  const Tensor a = plain(actual, dtype), b = plain(expected, dtype);
  detail::dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    measure(a.data<T>(), b.data<T>(), a.shape(), tolerance, result);
  });
  return result;
}

Differences differences(const Tensor& actual, const Tensor& expected, const AssertCloseOptions& options) {
  return differences(actual, expected, tolerance_of(actual.dtype(), expected.dtype(), options));
}

}  // namespace taper::testing
