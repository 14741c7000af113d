#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace taper {

/// The element types of a tensor.
enum class DType : std::uint8_t { float32, float64, int64, int32, bool_ };

inline constexpr DType float32 = DType::float32;
inline constexpr DType float64 = DType::float64;
inline constexpr DType int64 = DType::int64;
inline constexpr DType int32 = DType::int32;
inline constexpr DType bool_ = DType::bool_;

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
    case DType::int32:
      return 4;
    case DType::float64:
    case DType::int64:
      return 8;
    case DType::bool_:
      return 1;
  }
  return 0;
}

constexpr bool is_floating_point(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

/// "float32", "float64", "int64", "int32" or "bool": PyTorch's name without "torch.".
constexpr std::string_view name(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "float32";
    case DType::float64:
      return "float64";
    case DType::int64:
      return "int64";
    case DType::int32:
      return "int32";
    case DType::bool_:
      return "bool";
  }
  return "";
}

/// The dtype that two operands of equal rank meet in (torch.promote_types).
constexpr DType promote_types(DType a, DType b) {
  if (a == b) return a;
  if (a == DType::float64 || b == DType::float64) return DType::float64;
  if (a == DType::float32 || b == DType::float32) return DType::float32;
  if (a == DType::int64 || b == DType::int64) return DType::int64;
  return DType::int32;
}

/// The dtype whose elements have the C++ type T; no other T compiles.
template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0, "taper tensors hold float, double, int64_t, int32_t or bool");
  return DType::float32;
}();
template <>
inline constexpr DType dtype_of<float> = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;
template <>
inline constexpr DType dtype_of<std::int64_t> = DType::int64;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::int32;
template <>
inline constexpr DType dtype_of<bool> = DType::bool_;

}  // namespace taper
