#pragma once

#include <string_view>

#include "memory_file.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/io/tensor_files.h"

namespace taper_fuzz {

/// Loads the file and reads every element. The errors that a bad file may be pass; any other ends the process.
inline void load_tensors(const std::string& path) {
  taper::set_warning_handler([](const std::string&) {});
  constexpr std::int64_t many = 1 << 20;  // an expanded tensor may have any number
  try {
    const taper::TensorMap map = taper::load(path, {.max_bytes = 16 << 20, .check_crc = false});
    double sum = 0;
    for (const auto& [name, tensor] : map)
      if (!tensor.is_sparse() && tensor.numel() < many)
        for (const double value : tensor.to_vector<double>()) sum += value;
    volatile double used = sum;
    static_cast<void>(used);
  } catch (const taper::FormatError&) {
  } catch (const taper::TypeError&) {
  } catch (const taper::ResourceError&) {
  } catch (const taper::ValueError&) {  // two tensors of one name
  }
}

/// The same of these bytes, if they begin as the format does.
inline int load_tensors(const std::uint8_t* bytes, std::size_t size, std::string_view start, std::size_t start_at = 0) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (size >= start_at && text.substr(start_at).starts_with(start)) load_tensors(memory_file(bytes, size));
  return 0;
}

}  // namespace taper_fuzz
