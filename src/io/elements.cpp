#include "io/elements.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/byte_count.h"
#include "taper/ops/create.h"

namespace taper::io {
namespace {

using Kind = ElementType::Kind;

/// What `From` becomes, one element after the other. The bytes need no alignment.
template <class From, class To, class Convert>
void each(const char* from, char* to, std::int64_t count, Convert convert) {
  for (std::int64_t i = 0; i < count; ++i) {
    From raw;
    std::memcpy(&raw, from + i * static_cast<std::int64_t>(sizeof(From)), sizeof(From));
    const To value = convert(raw);
    std::memcpy(to + i * static_cast<std::int64_t>(sizeof(To)), &value, sizeof(To));
  }
}

template <class From, class To>
void widen(const char* from, char* to, std::int64_t count) {
  each<From, To>(from, to, count, [](From value) { return static_cast<To>(value); });
}

float from_half(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 0x1FU ? 0xFFU : exponent + 112U;
  return std::bit_cast<float>(sign | (wide << 23U) | (fraction << 13U));
}

void convert(const ElementType& type, const char* from, char* to, std::int64_t count) {
  const bool is_signed = type.kind == Kind::signed_integer;
  if (type.kind == Kind::bfloat) {
    each<std::uint16_t, float>(from, to, count,
                               [](std::uint16_t b) { return std::bit_cast<float>(std::uint32_t{b} << 16U); });
  } else if (type.kind == Kind::floating && type.size == 2) {
    each<std::uint16_t, float>(from, to, count, from_half);
  } else if (type.size == 1 && type.kind != Kind::boolean) {
    is_signed ? widen<std::int8_t, std::int32_t>(from, to, count) : widen<std::uint8_t, std::int32_t>(from, to, count);
  } else if (type.size == 2) {
    is_signed ? widen<std::int16_t, std::int32_t>(from, to, count)
              : widen<std::uint16_t, std::int32_t>(from, to, count);
  } else if (type.kind == Kind::unsigned_integer) {
    widen<std::uint32_t, std::int64_t>(from, to, count);
  } else {
    std::memcpy(to, from, static_cast<std::size_t>(count * type.size));
  }
}

void swap_bytes(char* bytes, std::int64_t count, int size) {
  for (std::int64_t i = 0; i < count; ++i) std::reverse(bytes + i * size, bytes + (i + 1) * size);
}

void check_bools(const Place& place, std::uint64_t offset, const char* bytes, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const unsigned value = static_cast<unsigned char>(bytes[i]);
    if (value > 1)
      place.fail(offset + static_cast<std::uint64_t>(i), fmt::format("a bool is {}; 0 or 1 is needed", value));
  }
}

/// Puts elements where they belong in a row-major array, as they come with the first index running fastest.
class ColumnMajorWriter {
 public:
  ColumnMajorWriter(char* to, const Shape& shape, std::size_t size)
      : to_(to),
        shape_(shape),
        strides_(contiguous_strides(shape)),
        index_(Shape::filled(shape.size(), 0)),
        size_(size) {}

  void write(const char* from, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i, from += size_) {
      std::memcpy(to_ + static_cast<std::size_t>(at_) * size_, from, size_);
      advance();
    }
  }

 private:
  void advance() {
    for (int d = 0; d < shape_.size(); ++d) {
      at_ += strides_[d];
      if (++index_[d] < shape_[d]) return;
      at_ -= strides_[d] * shape_[d];
      index_[d] = 0;
    }
  }

  char* to_;
  Shape shape_, strides_, index_;
  std::size_t size_;
  std::int64_t at_ = 0;
};

}  // namespace

std::optional<ElementType> numpy_type(std::string_view name) {
  ElementType type;
  type.big_endian = name.starts_with('>');
  if (!name.empty() && std::string_view("<>=|").find(name[0]) != std::string_view::npos) name.remove_prefix(1);
  switch (name.empty() ? '\0' : name[0]) {
    case 'b':
      type.kind = ElementType::Kind::boolean;
      break;
    case 'i':
      type.kind = ElementType::Kind::signed_integer;
      break;
    case 'u':
      type.kind = ElementType::Kind::unsigned_integer;
      break;
    case 'f':
      type.kind = ElementType::Kind::floating;
      break;
    default:
      return std::nullopt;
  }
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + 1, end, type.size);
  if (error != std::errc() || stop != end || !type.representable()) return std::nullopt;
  return type;
}

bool ElementType::representable() const {
  switch (kind) {
    case Kind::boolean:
      return size == 1;
    case Kind::signed_integer:
      return size == 1 || size == 2 || size == 4 || size == 8;
    case Kind::unsigned_integer:
      return size == 1 || size == 2 || size == 4;
    case Kind::floating:
      return size == 2 || size == 4 || size == 8;
    case Kind::bfloat:
      return size == 2;
  }
  return false;
}

DType ElementType::dtype() const {
  if (kind == Kind::boolean) return DType::bool_;
  if (kind == Kind::floating || kind == Kind::bfloat) return size == 8 ? DType::float64 : DType::float32;
  if (kind == Kind::signed_integer) return size == 8 ? DType::int64 : DType::int32;
  return size == 4 ? DType::int64 : DType::int32;
}

std::string ElementType::name() const {
  if (kind == Kind::boolean) return "bool";
  const char* stem = kind == Kind::bfloat           ? "bfloat"
                     : kind == Kind::floating       ? "float"
                     : kind == Kind::signed_integer ? "int"
                                                    : "uint";
  return fmt::format("{}{}", stem, 8 * size);
}

std::uint64_t array_bytes(const Place& place, std::uint64_t offset, const Shape& shape, int element_size) {
  std::uint64_t bytes = static_cast<std::uint64_t>(element_size);
  bool empty = false;
  bool overflow = false;
  for (std::int64_t size : shape) {
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1)), &bytes);
  }
  overflow |= bytes > static_cast<std::uint64_t>(INT64_MAX);
  if (overflow) place.fail(offset, fmt::format("shape {} overflows: it has 2^63 bytes or more", to_string(shape)));
  return empty ? 0 : bytes;
}

Tensor read_elements(Source& source, const Place& place, const ElementType& type, const Shape& shape,
                     bool column_major) {
  const auto size = static_cast<std::int64_t>(size_of(type.dtype()));
  const bool swap = type.big_endian != (std::endian::native == std::endian::big) && type.size > 1;
  const bool as_it_is = type.size == size && type.kind != Kind::unsigned_integer && !swap && !column_major;
  if (as_it_is && type.kind != Kind::boolean) {  // a bool has to be looked at
    if (Tensor mapped = source.map(shape, type.dtype()); mapped.defined()) return mapped;
  }
  Tensor result = empty(shape, type.dtype());
  char* to = result.impl()->data;
  const std::int64_t numel = result.numel();
  if (as_it_is) {
    const std::uint64_t offset = source.position();
    source.read(to, static_cast<std::uint64_t>(numel * size));
    if (type.kind == Kind::boolean) check_bools(place, offset, to, numel);
    return result;
  }
  constexpr std::int64_t chunk = 8192;
  std::vector<char> raw(static_cast<std::size_t>(std::min(chunk, numel) * type.size));
  std::vector<char> converted(column_major ? static_cast<std::size_t>(std::min(chunk, numel) * size) : 0);
  ColumnMajorWriter columns(to, shape, static_cast<std::size_t>(size));
  for (std::int64_t done = 0; done < numel; done += chunk) {
    const std::int64_t count = std::min(chunk, numel - done);
    const std::uint64_t offset = source.position();
    source.read(raw.data(), static_cast<std::uint64_t>(count * type.size));
    if (swap) swap_bytes(raw.data(), count, type.size);
    if (type.kind == Kind::boolean) check_bools(place, offset, raw.data(), count);
    if (column_major) {
      convert(type, raw.data(), converted.data(), count);
      columns.write(converted.data(), count);
    } else {
      convert(type, raw.data(), to + done * size, count);
    }
  }
  return result;
}

}  // namespace taper::io
