#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "base/byte_count.h"
#include "io/elements.h"
#include "io/formats.h"
#include "io/safetensors_header.h"

namespace taper::io {
namespace {

constexpr std::uint64_t prefix_size = 8;
constexpr std::uint64_t safetensors_header_limit = std::uint64_t{8} << 20U;
constexpr std::string_view metadata_key = "__metadata__";

struct NamedType {
  std::string_view name;
  ElementType type;
};
using Kind = ElementType::Kind;
constexpr std::array<NamedType, 11> safetensors_types{{{"BOOL", {Kind::boolean, 1}},
                                                       {"U8", {Kind::unsigned_integer, 1}},
                                                       {"I8", {Kind::signed_integer, 1}},
                                                       {"U16", {Kind::unsigned_integer, 2}},
                                                       {"I16", {Kind::signed_integer, 2}},
                                                       {"U32", {Kind::unsigned_integer, 4}},
                                                       {"I32", {Kind::signed_integer, 4}},
                                                       {"I64", {Kind::signed_integer, 8}},
                                                       {"F16", {Kind::floating, 2}},
                                                       {"F32", {Kind::floating, 4}},
                                                       {"F64", {Kind::floating, 8}}}};
constexpr NamedType bf16{"BF16", {Kind::bfloat, 2}};

const ElementType& type_of(const Place& place, const SafetensorsEntry& entry) {
  if (entry.dtype == bf16.name) return bf16.type;
  for (const NamedType& named : safetensors_types)
    if (entry.dtype == named.name) return named.type;
  std::string supported;
  for (const NamedType& named : safetensors_types) supported += fmt::format("{}, ", named.name);
  place.fail<TypeError>(prefix_size, fmt::format("tensor '{}': dtype {} unsupported; supported: {}{}", entry.name,
                                                 entry.dtype, supported, bf16.name));
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "F32";
    case DType::float64:
      return "F64";
    case DType::int64:
      return "I64";
    case DType::int32:
      return "I32";
    case DType::bool_:
      return "BOOL";
  }
  return "";
}

/// Where the data of a dtype stands among the others.
int rank_of(DType dtype) {
  switch (dtype) {
    case DType::int64:
      return 0;
    case DType::float64:
      return 1;
    case DType::float32:
      return 2;
    case DType::int32:
      return 3;
    case DType::bool_:
      return 4;
  }
  return 5;
}

/// The header's text; the file's length is known to hold it and `data_size` bytes besides.
std::string read_header(const File& file, const Place& place) {
  if (file.size() == 0) place.fail(0, "empty file: header too small");
  if (file.size() < prefix_size)
    place.fail(0, fmt::format("header too small: the file has {} bytes, 8 are its length alone", file.size()));
  std::array<unsigned char, prefix_size> prefix{};
  file.read(0, prefix.data(), prefix.size());
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < prefix.size(); ++i) length |= std::uint64_t{prefix[i]} << (8 * i);
  const std::uint64_t available = file.size() - prefix_size;
  if (length > available)
    place.fail(
        0, fmt::format("header length is {} bytes, the file has {} after it; incomplete download?", length, available));
  if (length > safetensors_header_limit)
    place.fail<ResourceError>(
        0, fmt::format("header over limit: {}, limit {}", byte_count(length), byte_count(safetensors_header_limit)));
  std::string text(length, '\0');
  file.read(prefix_size, text.data(), length);
  return text;
}

void check_entry(const Place& place, const SafetensorsEntry& entry, std::uint64_t data_size) {
  if (entry.begin > entry.end)
    place.fail(prefix_size,
               fmt::format("tensor '{}': data_offsets [{}, {}] are reversed", entry.name, entry.begin, entry.end));
  if (entry.end > data_size)
    place.fail(prefix_size,
               fmt::format("tensor '{}': data_offsets [{}, {}] reach past the {} data bytes; incomplete download?",
                           entry.name, entry.begin, entry.end, data_size));
  const std::uint64_t bytes = array_bytes(place, prefix_size, entry.shape, type_of(place, entry).size);
  if (bytes != entry.end - entry.begin)
    place.fail(prefix_size, fmt::format("tensor '{}': shape {} of {} needs {} bytes, data_offsets [{}, {}] hold {}",
                                        entry.name, to_string(entry.shape), entry.dtype, bytes, entry.begin, entry.end,
                                        entry.end - entry.begin));
}

/// The entries in the order of their data, which has to cover the file without a hole or an overlap.
std::vector<const SafetensorsEntry*> in_data_order(const Place& place, const std::vector<SafetensorsEntry>& entries,
                                                   std::uint64_t data_at, std::uint64_t data_size) {
  std::vector<const SafetensorsEntry*> order;
  order.reserve(entries.size());
  for (const SafetensorsEntry& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::uint64_t covered = 0;
  const SafetensorsEntry* last = nullptr;
  const auto unused = [&](std::uint64_t end) {
    place.fail(data_at + covered, fmt::format("bytes {}..{} unused by any tensor", covered, end));
  };
  for (const SafetensorsEntry* entry : order) {
    if (entry->begin < covered)
      place.fail(prefix_size, fmt::format("tensors '{}' [{}, {}] and '{}' [{}, {}] overlap", last->name, last->begin,
                                          last->end, entry->name, entry->begin, entry->end));
    if (entry->begin > covered) unused(entry->begin);
    covered = entry->end;
    last = entry;
  }
  if (covered < data_size) unused(data_size);
  return order;
}

}  // namespace

TensorMap load_safetensors(const File& file, const LoadOptions& options, LoadNotes& notes) {
  const Place place{file.path(), ""};
  const std::string text = read_header(file, place);
  const std::uint64_t data_at = prefix_size + text.size();
  const std::uint64_t data_size = file.size() - data_at;
  const std::vector<SafetensorsEntry> entries = parse_safetensors_header(place, prefix_size, text);
  std::uint64_t bytes = 0;
  for (const SafetensorsEntry& entry : entries) {
    check_entry(place, entry, data_size);
    bytes += array_bytes(place, prefix_size, entry.shape, static_cast<int>(size_of(type_of(place, entry).dtype())));
  }
  in_data_order(place, entries, data_at, data_size);
  check_budget(place, bytes, options);
  TensorMap result;
  for (const SafetensorsEntry& entry : entries) {
    FileSource source(file, data_at + entry.begin, entry.end - entry.begin);
    const Place inside{file.path(), entry.name};
    notes.converted(entry.name, type_of(place, entry));
    result.insert(entry.name, read_elements(source, inside, type_of(place, entry), entry.shape));
  }
  return result;
}

void save_safetensors(const TensorMap& tensors, AtomicFile& file) {
  // Data goes as the reference implementation puts it, by falling alignment and then by name, so that a reader may map
  // it; the header keeps the map's order of names.
  std::vector<const TensorMap::value_type*> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(rank_of(a->second.dtype()), std::string_view(a->first)) <
           std::pair(rank_of(b->second.dtype()), std::string_view(b->first));
  });
  std::uint64_t end = 0;
  std::vector<std::uint64_t> begins(tensors.size());
  for (const auto* entry : order) {
    begins[static_cast<std::size_t>(entry - &*tensors.begin())] = end;
    end += raw_bytes(entry->second).size();
  }
  std::string header = "{";
  for (std::size_t i = 0; const auto& [name, tensor] : tensors) {
    if (name == metadata_key)
      throw ValueError(fmt::format("save: a tensor cannot be named '{}' in a .safetensors file", name));
    std::string shape;
    for (std::int64_t size : tensor.shape()) shape += fmt::format("{}{}", shape.empty() ? "" : ",", size);
    try {
      header += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", i == 0 ? "" : ",",
                            nlohmann::json(name).dump(), name_of(tensor.dtype()), shape, begins[i],
                            begins[i] + raw_bytes(tensor).size());
    } catch (const nlohmann::json::type_error&) {
      throw ValueError(fmt::format("save: the name of tensor {} is no UTF-8, as a .safetensors file needs", i));
    }
    ++i;
  }
  header += '}';
  constexpr std::size_t alignment = 64;  // the format asks for 8
  header.append((alignment - (prefix_size + header.size()) % alignment) % alignment, ' ');
  std::array<char, prefix_size> prefix{};
  for (std::size_t i = 0; i < prefix.size(); ++i) prefix[i] = static_cast<char>((header.size() >> (8 * i)) & 0xFFU);
  file.write(prefix.data(), prefix.size());
  file.write(header);
  for (const auto* entry : order) file.write(raw_bytes(entry->second));
}

}  // namespace taper::io
