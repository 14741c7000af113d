#include "nn/text.h"

#include <fmt/format.h>

#include "taper/base/error.h"

namespace taper::nn::detail {

void check_device(const char* who, std::string_view device) {
  if (device != "cpu") throw ValueError(fmt::format("{}: device '{}'; there is only 'cpu'", who, device));
}

void check_size(const char* who, const char* argument, std::int64_t size) {
  if (size < 0) throw ValueError(fmt::format("{}: {} is {}; it must be at least 0", who, argument, size));
}

}  // namespace taper::nn::detail
