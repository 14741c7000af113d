#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "taper/base/callable.h"
#include "taper/tensor/tensor.h"
#include "taper/tensor/value.h"

namespace taper::testing {

/// What an AssertionError says: a text that takes the report's place, or anything callable that is given the report and
/// returns the text.
class Message {
 public:
  Message() = default;
  Message(const char* text) : text_(text) {}
  Message(std::string text) : text_(std::move(text)) {}
  template <std::invocable<const std::string&> F>
  Message(F rewrite) : rewrite_(std::move(rewrite)) {}

  std::string from(const std::string& report) const { return text_ ? *text_ : rewrite_ ? rewrite_(report) : report; }

 private:
  std::optional<std::string> text_;
  Callable<std::string(const std::string&)> rewrite_;
};

/// Keywords of assert_close, in PyTorch's order.
struct AssertCloseOptions {
  /// Both or neither: for float32 1.3e-6 and 1e-5, for float64 and plain numbers 1e-7 and 1e-7, for integers and bools
  /// 0 and 0; the larger where two dtypes meet.
  std::optional<double> rtol{};
  std::optional<double> atol{};
  bool equal_nan = false;    ///< whether NaN is close to NaN
  bool check_dtype = true;   ///< otherwise both are compared in the dtype that they promote to
  bool check_layout = true;  ///< otherwise a sparse tensor is compared with a dense one as dense
  bool check_stride = false;
  Message msg{};  ///< of differences; not of wrong lengths or keys
};

/// Throws an AssertionError with PyTorch's report, byte for byte, unless `actual` is close to `expected`
/// (torch.testing.assert_close): the finite difference is at most atol + rtol |expected|, or both are equal,
/// everywhere. Tensors are compared by shape, layout, stride, dtype and numbers, lists and tuples item by item, dicts
/// (a state dict, what a file holds) key by key, plain numbers as float64 and int64, None with None. Sparse tensors are
/// compared as stored: number of entries, indices, values.
///
/// ValueError if one of rtol and atol is given alone, TypeError for kinds that cannot be compared, such as a tensor
/// with a number.
void assert_close(const Value& actual, const Value& expected, const AssertCloseOptions& options = {});
void assert_close(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected,
                  const AssertCloseOptions& options = {});

/// How far two dense tensors are apart, over the elements that are not close.
struct Differences {
  std::int64_t elements = 0;
  std::int64_t mismatched = 0;  ///< how many are not close
  Scalar absolute = 0;          ///< the greatest |actual - expected|, NaN before all; of integers an integer
  Shape absolute_index{};       ///< where it first occurs
  double relative = 0;          ///< the greatest |actual - expected| / |expected|
  Shape relative_index{};
  double rtol = 0, atol = 0;  ///< what was allowed
};
/// The numbers of assert_close's report, with its tolerances. ShapeError unless both have one shape, TypeError for
/// sparse ones.
Differences differences(const Tensor& actual, const Tensor& expected, const AssertCloseOptions& options = {});

}  // namespace taper::testing
