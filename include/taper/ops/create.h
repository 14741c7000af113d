#pragma once

#include <concepts>
#include <initializer_list>
#include <span>
#include <vector>

#include "taper/tensor/tensor.h"

/// Making tensors. Every function ends in a dtype or in keywords: zeros({2, 3}, int64), ones({4}, {.requires_grad =
/// true}). The dtype is float32 where nothing else is said. A negative size or one that overflows is a ShapeError, a
/// device other than "cpu" a ValueError, requires_grad of an integer dtype a TypeError.
namespace taper {

Tensor zeros(const Shape& shape, TensorOptions options = {});
Tensor zeros(const Shape& shape, DType dtype);
Tensor ones(const Shape& shape, TensorOptions options = {});
Tensor ones(const Shape& shape, DType dtype);
/// The numbers are whatever the memory held.
Tensor empty(const Shape& shape, TensorOptions options = {});
Tensor empty(const Shape& shape, DType dtype);
/// Everywhere `value`; the dtype follows the value as torch.full's: float32, int64 or bool.
Tensor full(const Shape& shape, Scalar value, TensorOptions options = {});
Tensor full(const Shape& shape, Scalar value, DType dtype);

/// Shape and dtype of `like`, unless the options name another dtype.
Tensor zeros_like(const Tensor& like, TensorOptions options = {});
Tensor ones_like(const Tensor& like, TensorOptions options = {});
Tensor empty_like(const Tensor& like, TensorOptions options = {});
Tensor full_like(const Tensor& like, Scalar value, TensorOptions options = {});

/// start, start + step, ... up to but without end (torch.arange): int64 if all three are integers, else float32.
/// ValueError for a step of 0 or away from end.
Tensor arange(Scalar end, TensorOptions options = {});
Tensor arange(Scalar start, Scalar end, Scalar step = 1, TensorOptions options = {});
/// `steps` numbers from start to end, both included (torch.linspace). ValueError for negative steps.
Tensor linspace(double start, double end, std::int64_t steps, TensorOptions options = {});
/// The n x m matrix with ones on its diagonal (torch.eye).
Tensor eye(std::int64_t n, TensorOptions options = {});
Tensor eye(std::int64_t n, std::int64_t m, TensorOptions options = {});

namespace detail {
template <class T>
concept Number = std::is_arithmetic_v<T>;

/// The dtype of a literal: bool_, int64 or float32, as torch.tensor infers it from Python's numbers.
template <Number T>
constexpr DType literal_dtype() {
  if constexpr (std::is_same_v<T, bool>) return DType::bool_;
  return std::is_floating_point_v<T> ? DType::float32 : DType::int64;
}

/// What an array may hold: the elements of a dtype.
template <class T>
concept Element = std::is_same_v<T, bool> || std::is_same_v<T, float> || std::is_same_v<T, double> ||
    (std::is_integral_v<T>&& std::is_signed_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));

/// The dtype of an array's elements, which keep it.
template <Element T>
constexpr DType array_dtype() {
  if constexpr (std::is_same_v<T, bool>) return DType::bool_;
  if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 8 ? DType::float64 : DType::float32;
  return sizeof(T) == 4 ? DType::int32 : DType::int64;
}

/// Scalars collected from nested braces, and the shape that they have; ShapeError where inner braces differ in length.
class Literal {
 public:
  template <Number T>
  void read(T value, int depth) {
    (void)depth;
    values_.push_back(Scalar(value));
  }
  void read(const Scalar& value, int depth) {
    (void)depth;
    values_.push_back(value);
  }
  template <class T>
  void read(const std::initializer_list<T>& list, int depth) {
    enter(depth, static_cast<std::int64_t>(list.size()));
    for (const T& item : list) read(item, depth + 1);
  }
  Tensor make(DType inferred, TensorOptions options) const;

 private:
  void enter(int depth, std::int64_t size);
  std::vector<Scalar> values_;
  Shape shape_;
};

Tensor from_array(const void* data, DType dtype, std::int64_t count, TensorOptions options);

template <class List>
Tensor from_literal(const List& list, DType inferred, TensorOptions options) {
  Literal literal;
  literal.read(list, 0);
  return literal.make(inferred, options);
}

}  // namespace detail

/// torch.tensor: tensor(3.5) is 0-d, tensor({4}) has one element, tensor({{0.1, 0.2}, {0.3, 0.4}}) is 2 x 2; braces go
/// four deep. Fractions make float32, integers int64, bools bool, unless a dtype is named. ShapeError for ragged
/// braces.
template <detail::Number T>
Tensor tensor(T value, TensorOptions options = {}) {
  return detail::from_literal(value, detail::literal_dtype<T>(), options);
}
template <detail::Number T>
Tensor tensor(std::initializer_list<T> values, TensorOptions options = {}) {
  return detail::from_literal(values, detail::literal_dtype<T>(), options);
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<T>> values, TensorOptions options = {}) {
  return detail::from_literal(values, detail::literal_dtype<T>(), options);
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<T>>> values,
              TensorOptions options = {}) {
  return detail::from_literal(values, detail::literal_dtype<T>(), options);
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>> values,
              TensorOptions options = {}) {
  return detail::from_literal(values, detail::literal_dtype<T>(), options);
}
/// Braces of several kinds of number. (A list of double here would take {{0.5}, {1.5}} for one of two numbers.)
inline Tensor tensor(std::initializer_list<Scalar> values, TensorOptions options = {}) {
  return detail::from_literal(values, DType::float32, options);
}
inline Tensor tensor(std::initializer_list<std::initializer_list<Scalar>> values, TensorOptions options = {}) {
  return detail::from_literal(values, DType::float32, options);
}
template <detail::Number T>
Tensor tensor(T value, DType dtype) {
  return tensor(value, TensorOptions{.dtype = dtype});
}
template <detail::Number T>
Tensor tensor(std::initializer_list<T> values, DType dtype) {
  return tensor(values, TensorOptions{.dtype = dtype});
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<T>> values, DType dtype) {
  return tensor(values, TensorOptions{.dtype = dtype});
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<T>>> values, DType dtype) {
  return tensor(values, TensorOptions{.dtype = dtype});
}
template <detail::Number T>
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>> values,
              DType dtype) {
  return tensor(values, TensorOptions{.dtype = dtype});
}
/// A copy of an array, one-dimensional; double makes float64, float float32, int32_t int32, other integers int64.
template <detail::Element T>
Tensor tensor(std::span<const T> values, TensorOptions options = {}) {
  return detail::from_array(values.data(), detail::array_dtype<T>(), static_cast<std::int64_t>(values.size()), options);
}
template <detail::Element T>
Tensor tensor(std::span<T> values, TensorOptions options = {}) {
  return tensor(std::span<const T>(values), options);
}
template <detail::Element T>
Tensor tensor(const std::vector<T>& values, TensorOptions options = {}) {
  return tensor(std::span<const T>(values), options);
}
template <detail::Element T>
Tensor tensor(const std::vector<T>& values, DType dtype) {
  return tensor(values, TensorOptions{.dtype = dtype});
}
Tensor tensor(const std::vector<bool>& values, TensorOptions options = {});

}  // namespace taper
