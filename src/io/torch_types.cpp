#include "io/torch_types.h"

#include <array>

namespace taper::io {
namespace {

using Kind = ElementType::Kind;
constexpr ElementType none{};

constexpr std::array<TorchType, 23> types{{
    {"FloatStorage", "float32", {Kind::floating, 4}},
    {"DoubleStorage", "float64", {Kind::floating, 8}},
    {"LongStorage", "int64", {Kind::signed_integer, 8}},
    {"IntStorage", "int32", {Kind::signed_integer, 4}},
    {"BoolStorage", "bool", {Kind::boolean, 1}},
    {"HalfStorage", "float16", {Kind::floating, 2}},
    {"BFloat16Storage", "bfloat16", {Kind::bfloat, 2}},
    {"ShortStorage", "int16", {Kind::signed_integer, 2}},
    {"CharStorage", "int8", {Kind::signed_integer, 1}},
    {"ByteStorage", "uint8", {Kind::unsigned_integer, 1}},
    {"", "uint16", {Kind::unsigned_integer, 2}},
    {"", "uint32", {Kind::unsigned_integer, 4}},
    {"", "uint64", none, false},
    {"", "complex32", none, false},
    {"ComplexFloatStorage", "complex64", none, false},
    {"ComplexDoubleStorage", "complex128", none, false},
    {"QInt8Storage", "qint8", none, false},
    {"QUInt8Storage", "quint8", none, false},
    {"QInt32Storage", "qint32", none, false},
    {"QUInt4x2Storage", "quint4x2", none, false},
    {"QUInt2x4Storage", "quint2x4", none, false},
    {"UntypedStorage", "", none, false},
    {"", "float8_e4m3fn", none, false},
}};

template <class Same>
std::optional<std::size_t> find(Same same) {
  for (std::size_t i = 0; i < types.size(); ++i)
    if (same(types[i])) return i;
  return std::nullopt;
}

}  // namespace

std::span<const TorchType> torch_types() { return types; }

std::optional<std::size_t> find_torch_storage(std::string_view storage) {
  return find([&](const TorchType& type) { return type.storage == storage && !storage.empty(); });
}

std::optional<std::size_t> find_torch_dtype(std::string_view dtype) {
  return find([&](const TorchType& type) { return type.dtype == dtype && !dtype.empty(); });
}

std::string_view torch_storage(DType dtype) { return types[*find_torch_dtype(name(dtype))].storage; }

}  // namespace taper::io
