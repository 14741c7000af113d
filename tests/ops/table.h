#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "taper/base/error.h"
#include "taper/tensor/tensor.h"

// The table of operations: a row for each form of each public function. test_table.cpp makes the tests from the rows. A
// family's rows stand in rows_<family>.cpp, in the function declared at the end of this file.
namespace taper_test {

using taper::Shape;
using taper::Tensor;
using Tensors = std::vector<Tensor>;

/// One argument of an operation: a float64 tensor of uneven numbers in [low, high), no two alike and none within 0.05
/// of zero, or a tensor as given (indices, masks, targets), which is not differentiated.
struct Input {
  Shape shape;
  double low = -2;
  double high = 2;
  bool differentiable = true;
  Tensor given{};
};
Input real(const Shape& shape, double low = -2, double high = 2);
Input positive(const Shape& shape);                                    ///< of [0.3, 3)
Input constant(const Shape& shape, double low = -2, double high = 2);  ///< not differentiated
Input given(const Tensor& tensor);

/// The inputs' tensors, always the same ones.
Tensors make(const std::vector<Input>& inputs);

/// A call that has to throw an error of one kind with a text in its message, and leave its arguments alone.
struct Refusal {
  std::string fragment;
  std::function<void()> call;
  bool (*is_kind)(const taper::Error&);
};
template <class Kind>
Refusal refuse(std::string fragment, std::function<void()> call) {
  return {std::move(fragment), std::move(call),
          [](const taper::Error& e) { return dynamic_cast<const Kind*>(&e) != nullptr; }};
}

struct OpRow {
  std::vector<std::string> names;               ///< the public functions that the call uses: "sum", "operator+"
  std::string form{};                           ///< which overload or which case
  std::vector<Input> inputs;                    ///< the sample
  std::function<Tensors(const Tensors&)> call;  ///< the operation; all of its results
  std::string node{};                           ///< the first result's grad_fn; unchecked where empty
  std::vector<int> saves{};                     ///< inputs that backward reads: a change in place is a GradError
  bool saves_result = false;                    ///< whether backward reads the first result
  std::vector<std::vector<Input>> empty{};      ///< samples with no elements somewhere
  std::vector<std::vector<Input>> more{};       ///< further samples: broadcast operands, other ranks, 0-d
  std::vector<Refusal> refusals{};
  bool second = true;        ///< whether second derivatives are checked
  bool elementwise = false;  ///< whether operands broadcast against each other
  bool random = false;       ///< whether two calls differ unless seeded again

  std::string title() const;
  bool differentiable() const;
};

/// A call with one result.
template <class F>
std::function<Tensors(const Tensors&)> one(F f) {
  return [f](const Tensors& x) { return Tensors{f(x)}; };
}

using Rows = std::vector<OpRow>;
Rows create_rows();
Rows pointwise_rows();
Rows reduce_rows();
Rows matmul_rows();
Rows shape_rows();
Rows index_rows();
Rows embedding_rows();
Rows loss_rows();
Rows random_rows();
Rows recurrent_rows();
Rows functional_rows();  // taper/nn/functional.h

/// All families' rows.
const Rows& all_rows();

}  // namespace taper_test
