#pragma once

#include "taper/testing/assert_close.h"

namespace taper::testing {

struct Tolerance {
  double rtol = 0;
  double atol = 0;
  bool equal_nan = false;

  /// Whether only equal numbers are close.
  bool exact() const { return rtol == 0 && atol == 0; }
};

/// What the options ask for, or what suits the dtypes. ValueError for one of rtol and atol alone.
Tolerance tolerance_of(DType a, DType b, const AssertCloseOptions& options);

Differences differences(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance);

}  // namespace taper::testing
