#pragma once

#include <cstdint>
#include <vector>

#include "kernels/optim.h"
#include "taper/optim/optimizer.h"

/// Adam of a table of which each step touches few rows. A row without a gradient moves on by its first moment until
/// that is too small to change its numbers. Then it rests: only its moments go on, which nobody sees, and they catch up
/// when the row is touched again or the moments are asked for. The parameter is up to date at all times, and all
/// numbers are the plain loop's to the bit.
namespace taper::optim::detail {

class Resting {
 public:
  explicit Resting(const State& state);

  /// A step by a gradient held by rows and summed. False where the plain loop has to do it, which finds the moments up
  /// to date: rows that rest were counting on what has changed, or most of them move.
  bool step(const State& state, const Tensor& grad, const kernels::StepScalars& scalars);

  /// How many rows move. All do where nothing is known of them.
  std::int64_t moving() const { return static_cast<std::int64_t>(moving_.size()); }

  /// Brings the moments to where they were to be after `steps` steps.
  void catch_up(const State& state, std::int64_t steps);

 private:
  bool rests_any() const { return moving_.size() != current_.size(); }
  bool is_as_left(const State& state, const kernels::StepScalars& scalars) const;
  void leave(const State& state, std::uint32_t version);
  void wait(std::int64_t plain_steps);
  void catch_up(const State& state, const std::vector<std::int64_t>& rows, std::int64_t steps);
  void move(const State& state, const Tensor& grad, const kernels::StepScalars& scalars);

  std::vector<std::int64_t> moving_;   // the rows that do not rest
  std::vector<std::int64_t> current_;  // of each row the step that its moments stand at, or -1 if it moves
  std::int64_t plain_steps_ = 0;       // that come before the next one by rows
  kernels::StepScalars scalars_;       // of the last step by rows
  double largest_step_ = 0;            // that the rows which rest can stand
  std::uint32_t version_ = 0;          // of the parameter after the last step
};

/// One step of Adam by Resting, where the gradient, the parameter and the options allow. False if the plain loop has to
/// do it.
bool step_by_rows(State& state, const Tensor& grad, const kernels::StepScalars& scalars, bool amsgrad);

}  // namespace taper::optim::detail
