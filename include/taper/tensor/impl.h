#pragma once

#include <cstdint>

#include "taper/base/dtype.h"
#include "taper/base/ref_count.h"
#include "taper/base/shape.h"

/// What a Tensor points to. Programs use Tensor; this header is public only so that copying one is inline.
namespace taper::detail {

struct Storage;
struct Node;
struct Extra;

/// Where a view comes from, which decides whether it may be changed in place.
enum class ViewKind : std::uint8_t {
  plain,
  piece,      // one of several that one operation made: split, chunk, unbind
  no_grad,    // made while nothing was recorded: it stays outside the tape
  inference,  // the same under an InferenceMode
  function,   // handed out by a function of one's own, whose backward knows nothing of changes
};

struct TensorImpl {
  RefCount refs;
  DType dtype = DType::float32;
  bool requires_grad = false;   // of a leaf; a result has grad_fn instead
  bool wrapped_number = false;  // made from a plain number: yields to the other operand's dtype
  bool is_parameter = false;
  bool contiguous = true;
  bool inference = false;  // made under an InferenceMode: no versions, never saved for backward
  ViewKind view_kind = ViewKind::plain;
  bool sparse = false;             // COO: its parts are in `extra`, storage is null
  std::uint32_t output_nr = 0;     // which output of grad_fn this is
  std::uint32_t view_version = 0;  // a view's: the storage's version when grad_fn was last made
  Storage* storage = nullptr;
  char* data = nullptr;  // the first element
  std::int64_t numel = 0;
  Node* grad_fn = nullptr;
  TensorImpl* base = nullptr;  // a view's: the tensor whose history it follows, never itself a view
  Extra* extra = nullptr;      // what few tensors have: gradient, hooks, name, sparse parts
  Shape shape;
  Shape strides;  // in elements
};

void destroy(TensorImpl* impl) noexcept;

/// Whether a view's base has been changed in place since, and has a history that the view must follow.
bool view_requires_grad(const TensorImpl& view) noexcept;

inline void retain(TensorImpl* impl) noexcept {
  if (impl != nullptr) impl->refs.add();
}
inline void release(TensorImpl* impl) noexcept {
  if (impl != nullptr && impl->refs.drop()) destroy(impl);
}

}  // namespace taper::detail
