#pragma once

#include "kernels/targets.h"

namespace taper_test {

/// Calls `body(name)` once for every SIMD target that this processor has and the library may be built for, with the
/// library's dispatch tables turned to it.
template <class F>
void for_each_target(F&& body) {
  struct Restore {
    ~Restore() {
      hwy::SetSupportedTargetsForTest(0);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
  } const restore;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    body(hwy::TargetName(target));
  }
}

}  // namespace taper_test
