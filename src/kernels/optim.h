#pragma once

#include <cstdint>

// Steps of optimizers over flat arrays, with the bits of PyTorch's AVX2 build. T is float or double.
namespace taper::kernels {

/// What happens to one number p of a parameter, its gradient g, and what is remembered of it: a, b and c.
enum class Rule {
  sgd,             // nothing remembered
  sgd_first,       // a: momentum's buffer, which holds nothing yet
  sgd_later,       //
  nesterov_first,  //
  nesterov_later,  //
  adam,            // a, b: first and second moment
  amsgrad,         // c: the largest second moment so far
  adamw,           //
  adamw_amsgrad,   //
  sparse_adam,     //
  adagrad,         // a: sum of squares
  adagrad_rows,    // of a sparse gradient
  rmsprop,         // a: second moment, b: momentum's buffer, c: first moment
  rmsprop_momentum,
  rmsprop_centered,
  rmsprop_centered_momentum,
  adadelta,  // a: second moment of gradients, b: of changes
  adamax,    // a: first moment, b: largest gradient
  nadam,     // a, b: first and second moment
  radam,     // the same
  radam_rectified,
};

/// The numbers that rules take from options and the count of steps, worked out in double and rounded to T once.
struct StepScalars {
  double sign = 1;          ///< of the gradient: -1 goes up
  double weight_decay = 0;  ///< g + weight_decay * p takes the place of g
  double keep = 1;          ///< of p, before all else (AdamW)
  double beta1 = 0;         ///< of momentum or the first moment
  double fresh1 = 0;        ///< what the gradient adds to it
  double beta2 = 0;         ///< of the second moment
  double fresh2 = 0;
  double bias1 = 1;  ///< divides the first moment
  double bias2 = 1;  ///< divides the second moment or its root, as the rule says
  double eps = 0;
  double step = 0;   ///< with its sign
  double other = 0;  ///< NAdam's step along the gradient, RAdam's rectification
};

/// Where the numbers lie; null where the rule does not remember.
template <class T>
struct StepArrays {
  T* param;
  const T* grad;
  T* a = nullptr;
  T* b = nullptr;
  T* c = nullptr;
};

/// One step of n numbers.
template <class T>
void optimizer_step(Rule rule, std::int64_t n, const StepArrays<T>& arrays, const StepScalars& scalars);

/// One step of the rows `rows` of [..][dim] tables, each named once; the gradient is [count][dim].
template <class T>
void optimizer_step_rows(Rule rule, const std::int64_t* rows, std::int64_t count, std::int64_t dim,
                         const StepArrays<T>& arrays, const StepScalars& scalars);

/// Whether a row without a gradient stays as it is.
enum class Rests : std::uint8_t {
  no,
  while_changes_shrink,  // a change is no more than a quarter of what would make a difference, and so is `least`
  with_no_change,        // the first moment is 0
};

/// One step of Adam for rows that have no gradient, and of each whether it rests from then on. `least` is what no
/// change falls below.
template <class T>
void adam_step_idle(const std::int64_t* rows, std::int64_t count, std::int64_t dim, const StepArrays<T>& arrays,
                    const StepScalars& scalars, double least, Rests* rests);

/// What missed[i] steps without a gradient make of the moments of rows[i].
template <class T>
void adam_catch_up(const std::int64_t* rows, const std::int64_t* missed, std::int64_t count, std::int64_t dim, T* a,
                   T* b, const StepScalars& scalars);

}  // namespace taper::kernels
