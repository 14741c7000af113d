#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "taper/tensor/tensor.h"

namespace taper::detail {

/// A hook on a tensor; `id` tells it from its neighbours.
struct Hook {
  std::uint64_t id = 0;
  Callable<Tensor(const Tensor&)> call;
};

/// The seldom parts of a TensorImpl, made when first asked for.
struct Extra {
  Tensor grad;                             // as backward left it
  std::atomic<const void*> task{nullptr};  // the backward that sums this leaf's gradients in its slot `slot`
  std::size_t slot = 0;
  std::vector<Hook> hooks;  // a leaf's; a result's are kept by its node
  std::string name;         // the parameter's, for messages
  Tensor indices, values;   // sparse COO
  bool coalesced = false;
  bool row_held = false;  // a sparse gradient that means a dense one (autograd/row_gradient.h)
  Tensor dense;           // that dense one, once somebody has asked
  bool retains_grad = false;
  Tensor frozen;  // a parameter's rows that do not learn, int64 and ascending (nn/freeze.h)
};

}  // namespace taper::detail
