#include "ops/table.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "taper/ops/create.h"

namespace taper_test {

using namespace taper;

Input real(const Shape& shape, double low, double high) { return {shape, low, high}; }
Input positive(const Shape& shape) { return {shape, 0.3, 3}; }
Input constant(const Shape& shape, double low, double high) { return {shape, low, high, false}; }
Input given(const Tensor& tensor) { return {tensor.shape(), 0, 0, false, tensor}; }

Tensors make(const std::vector<Input>& inputs) {
  std::mt19937 bits(11);
  Tensors result;
  for (const Input& input : inputs) {
    if (input.given.defined()) {
      result.push_back(input.given.clone());
      continue;
    }
    // A number from the middle of each of n equal steps, in random order: all differ by a good part of a step.
    const auto n = static_cast<std::size_t>(numel(input.shape));
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double jitter = 0.5 + 0.5 * (static_cast<double>(bits()) * 0x1p-32 - 0.5);
      values[i] = input.low + (input.high - input.low) * (static_cast<double>(i) + jitter) / static_cast<double>(n);
      if (input.low < 0 && values[i] >= 0 && values[i] < 0.05) values[i] += 0.05;
      if (input.low < 0 && values[i] < 0 && values[i] > -0.05) values[i] -= 0.05;
    }
    for (std::size_t i = n; i > 1; --i) std::swap(values[i - 1], values[bits() % i]);
    result.push_back(tensor(values).reshape(input.shape));
  }
  return result;
}

std::string OpRow::title() const { return form.empty() ? names.at(0) : names.at(0) + " " + form; }

bool OpRow::differentiable() const {
  return std::any_of(inputs.begin(), inputs.end(), [](const Input& input) { return input.differentiable; });
}

const Rows& all_rows() {
  static const Rows rows = [] {
    Rows all;
    for (Rows (*family)() : {&create_rows, &pointwise_rows, &reduce_rows, &matmul_rows, &shape_rows, &index_rows,
                             &embedding_rows, &loss_rows, &random_rows, &recurrent_rows, &functional_rows}) {
      Rows part = family();
      std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
  }();
  return rows;
}

}  // namespace taper_test
