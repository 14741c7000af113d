#pragma once

#include <cstdint>

namespace taper::optim::detail {

/// How PyTorch's files write the count of a parameter's steps.
enum class StepCount : std::uint8_t { none, integer, tensor };

/// Which gradients an optimizer takes. One that is held by rows but means the dense one is taken by all but `sparse`.
enum class Gradients : std::uint8_t { any, dense, sparse };

enum class SlotKind : std::uint8_t {
  always,     ///< of the parameter's shape and dtype, from its first step
  sometimes,  ///< the same, but only with certain options
  product,    ///< one number, 1 at first
};

/// One of the tensors that an optimizer remembers of a parameter, under PyTorch's name.
struct Slot {
  const char* name = nullptr;
  SlotKind kind = SlotKind::always;
};

struct Layout {
  const char* name;
  StepCount step;
  Gradients gradients;
  Slot slots[3];
};

}  // namespace taper::optim::detail
