#pragma once

#include <string>
#include <vector>

#include "taper/viz/summary.h"

namespace taper::viz {

/// The batch that a model is run on: two, so that nothing is squeezed away.
inline constexpr std::int64_t batch_size = 2;

/// One call of a module.
struct Call {
  const nn::Module* module;
  std::vector<Shape> inputs;
  std::vector<Shape> outputs;
  bool outer = false;        // whether it called other modules
  std::vector<int> sources;  // where its inputs come from: numbers of calls, or -1 - k for the model's input k
};

/// What is asked of a run.
enum class Follow {
  shapes,  // nothing is recorded
  sources  // values are followed from call to call
};

/// All calls of modules in one run on zeros, in order. The model is left as it was.
std::vector<Call> trace(const nn::Module& model, const detail::RunModel& run, const detail::ModelInputs& inputs,
                        Follow follow);

/// "(None, 5, 10)": None in place of the batch.
std::string shape_text(const Shape& shape);
/// The same of several, in brackets unless it is one; "-" of none.
std::string shape_text(const std::vector<Shape>& shapes);

}  // namespace taper::viz
