#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "taper/tensor/tensor.h"

namespace taper::detail {

/// The id of a hook that belongs to the tensor itself, not to its user: autograd::grad runs it, too.
inline constexpr std::uint64_t kOwnHook = 0;

/// A hook on a tensor; `id` tells it from its neighbours. Shared with a backward that is running it, as it may remove
/// itself.
struct Hook {
  std::uint64_t id = 0;
  std::shared_ptr<const Callable<Tensor(const Tensor&)>> call;
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
  std::atomic<bool> borrowed{false};  // whether `values` are another tensor's memory (tensor/loan.h)
  bool row_held = false;              // a sparse gradient that means a dense one (autograd/row_gradient.h)
  Tensor dense;                       // that dense one, once somebody has asked
  bool retains_grad = false;
  Tensor frozen;                // a parameter's rows that do not learn, int64 and ascending (nn/freeze.h)
  Node* retained_at = nullptr;  // the node that knows so, owned

  Extra() = default;
  Extra(const Extra&) = delete;
  Extra& operator=(const Extra&) = delete;
  ~Extra();
};

}  // namespace taper::detail
