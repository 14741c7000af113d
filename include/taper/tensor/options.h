#pragma once

#include <optional>
#include <string_view>

#include "taper/base/dtype.h"

namespace taper {

/// The keywords of every function that makes a tensor, in PyTorch's order.
struct TensorOptions {
  std::optional<DType> dtype{};     ///< the function's own default where empty
  std::string_view device = "cpu";  ///< "cpu"; anything else is a ValueError
  bool requires_grad = false;       ///< of floating-point tensors alone; TypeError otherwise
};

}  // namespace taper
