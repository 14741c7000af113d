#pragma once

#include <cstdint>
#include <type_traits>

#include "taper/base/dtype.h"

namespace taper {

/// A plain number on its way into an operation. It never widens a tensor's dtype within its kind: an int meets a
/// float32 tensor as float32, and only a fraction turns an integer tensor into float32.
class Scalar {
 public:
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  constexpr Scalar(T value) : dtype_(kind<T>()) {
    if constexpr (std::is_floating_point_v<T>)
      double_ = static_cast<double>(value);
    else
      int_ = static_cast<std::int64_t>(value);
  }

  /// float64, int64 or bool_.
  constexpr DType dtype() const { return dtype_; }
  constexpr double to_double() const { return dtype_ == DType::float64 ? double_ : static_cast<double>(int_); }
  constexpr std::int64_t to_int() const { return dtype_ == DType::float64 ? static_cast<std::int64_t>(double_) : int_; }

 private:
  template <class T>
  static constexpr DType kind() {
    if constexpr (std::is_same_v<T, bool>) return DType::bool_;
    return std::is_floating_point_v<T> ? DType::float64 : DType::int64;
  }

  union {
    double double_;
    std::int64_t int_;
  };
  DType dtype_;
};

}  // namespace taper
