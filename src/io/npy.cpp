#include "io/npy.h"

#include <array>
#include <cstring>

#include "base/byte_count.h"
#include "io/formats.h"

namespace taper::io {
namespace {

constexpr std::uint64_t npy_header_limit = 65535;  // what version 1.0 can say; numpy itself refuses 10,000
constexpr std::size_t magic_size = 6;

std::string_view descr_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "<f4";
    case DType::float64:
      return "<f8";
    case DType::int64:
      return "<i8";
    case DType::int32:
      return "<i4";
    case DType::bool_:
      return "|b1";
  }
  return "";
}

std::uint64_t read_little_endian(Source& source, std::uint64_t count) {
  std::array<unsigned char, 4> bytes{};
  source.read(bytes.data(), count);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

void check_data(const Source& source, const Place& place, const NpyHeader& header) {
  const std::uint64_t bytes = array_bytes(place, source.position(), header.shape, header.type.size);
  if (bytes > source.left())
    place.fail(source.position(), fmt::format("expected {} data bytes, found {}; the header declares {}, file holds {}",
                                              bytes, source.left(), byte_count(bytes), byte_count(source.left())));
}

}  // namespace

NpyHeader read_npy_header(Source& source, const Place& place) {
  if (source.size() == 0) place.fail(0, "empty file");
  if (source.size() < magic_size + 4) place.fail(source.size(), "truncated header");
  std::array<char, magic_size + 2> start{};
  source.read(start.data(), start.size());
  if (std::memcmp(start.data(), npy_magic.data(), npy_magic.size()) != 0) place.fail(0, "not in numpy's format");
  const int major = static_cast<unsigned char>(start[6]);
  const int minor = static_cast<unsigned char>(start[7]);
  if (major < 1 || major > 3 || minor != 0)
    place.fail(6, fmt::format("version {}.{} unsupported; 1.0, 2.0 and 3.0 are read", major, minor));
  const std::uint64_t width = major == 1 ? 2 : 4;
  if (source.left() < width) place.fail(source.size(), "truncated header");
  const std::uint64_t length = read_little_endian(source, width);
  if (length > npy_header_limit)
    place.fail(8, fmt::format("header length exceeds limit: {} bytes, limit {}", length, npy_header_limit));
  if (length > source.left()) place.fail(8, fmt::format("header needs {} bytes, {} available", length, source.left()));
  std::string text(length, '\0');
  const std::uint64_t offset = source.position();
  source.read(text.data(), length);
  const NpyHeader header = parse_npy_header(place, offset, text);
  check_data(source, place, header);
  return header;
}

std::uint64_t tensor_bytes(const Place& place, const ElementType& type, const Shape& shape) {
  return array_bytes(place, 0, shape, static_cast<int>(size_of(type.dtype())));
}

std::string npy_preamble(const Tensor& tensor) {
  std::string shape;
  for (std::int64_t size : tensor.shape()) shape += fmt::format("{}{}", shape.empty() ? "" : ", ", size);
  if (tensor.dim() == 1) shape += ',';
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr_of(tensor.dtype()), shape);
  // numpy leaves room for the first dimension to grow to 21 digits, then fills up to a multiple of 64.
  if (tensor.dim() > 0) text.append(21 - fmt::formatted_size("{}", tensor.shape()[0]), ' ');
  const std::size_t used = magic_size + 4 + text.size() + 1;
  text.append(64 - used % 64, ' ');
  text += '\n';
  std::string result(npy_magic);
  result += {'\x01', '\x00', static_cast<char>(text.size() & 0xFFU), static_cast<char>(text.size() >> 8U)};
  return result + text;
}

TensorMap load_npy(const File& file, const LoadOptions& options, LoadNotes& notes) {
  const Place place{file.path(), ""};
  FileSource source(file);
  const NpyHeader header = read_npy_header(source, place);
  check_budget(place, tensor_bytes(place, header.type, header.shape), options);
  notes.converted("arr_0", header.type);
  TensorMap result;
  result.insert("arr_0", read_elements(source, place, header.type, header.shape, header.column_major));
  notes.ignored("arr_0", source.left());
  return result;
}

}  // namespace taper::io
