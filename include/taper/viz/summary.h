#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "taper/base/callable.h"
#include "taper/nn/module.h"

namespace taper {

/// One input of a model, its batch dimension left out: {.shape = {5}, .dtype = int32} stands for ids [batch, 5].
struct ModelInput {
  Shape shape;
  DType dtype = float32;
};

/// A line of a Summary.
struct SummaryRow {
  std::string name;             ///< as a member, or Keras's name for a Sequential's child that has a number: "linear_1"
  std::string type;             ///< "Linear"
  int depth = 0;                ///< inside how many others of these rows
  std::string output_shape;     ///< "(None, 5, 10)", None being the batch; "multiple" where calls differ, "-" for none
  std::int64_t parameters = 0;  ///< its own, without its children's; a tied one where it first comes
};

/// What a model is made of (Keras's model.summary()). The rows' parameters add up to the total.
struct Summary {
  std::string model;  ///< "sequential"
  std::vector<SummaryRow> rows;
  std::int64_t total_params = 0;
  std::int64_t trainable_params = 0;

  std::int64_t non_trainable_params() const { return total_params - trainable_params; }
  /// The table that Keras prints, with a line's end after each line.
  std::string str() const;
};
std::ostream& operator<<(std::ostream& out, const Summary& summary);

namespace detail {

/// Calls a model with as many tensors as there are.
using RunModel = Callable<void(const std::vector<Tensor>&)>;
using ModelInputs = std::vector<ModelInput>;

[[noreturn]] void wrong_input_count(const nn::Module& model, std::size_t count);

template <class M, std::size_t... I>
bool call_if_it_takes(M& model, const std::vector<Tensor>& inputs, std::index_sequence<I...>) {
  if constexpr (requires { model.forward(inputs[I]...); }) {
    if (inputs.size() == sizeof...(I)) {
      model(inputs[I]...);
      return true;
    }
  }
  return false;
}

template <class M>
RunModel runner(M& model) {
  return [&model](const std::vector<Tensor>& inputs) {
    const bool called = call_if_it_takes(model, inputs, std::make_index_sequence<1>()) ||
                        call_if_it_takes(model, inputs, std::make_index_sequence<2>()) ||
                        call_if_it_takes(model, inputs, std::make_index_sequence<3>()) ||
                        call_if_it_takes(model, inputs, std::make_index_sequence<4>()) ||
                        call_if_it_takes(model, inputs, std::make_index_sequence<5>()) ||
                        call_if_it_takes(model, inputs, std::make_index_sequence<6>());
    if (!called) wrong_input_count(model, inputs.size());
  };
}

Summary summarize(const nn::Module& model, const RunModel& run, const ModelInputs& inputs);

template <class M>
concept AnyModel = std::derived_from<std::remove_cvref_t<M>, nn::Module>;

}  // namespace detail

/// Runs the model once, on a batch of zeros, and lists its modules with the shapes that they gave and their parameters
/// (Keras's model.summary()):
///
///     std::cout << summary(model, {5}, int32);
///
/// `input` has no batch dimension. The run is in eval mode and not recorded; afterwards modes, random state and the
/// rows of embeddings with a max_norm are as before. What the model throws comes with the name of the module inside
/// which it was thrown. ValueError for a model that does not take so many tensors (up to six).
template <detail::AnyModel M>
Summary summary(M&& model, const Shape& input, DType dtype = float32) {
  return detail::summarize(model, detail::runner(model), {{input, dtype}});
}
/// Several inputs: summary(model, {{.shape = {5}, .dtype = int64}, {.shape = {3}}}).
template <detail::AnyModel M>
Summary summary(M&& model, std::initializer_list<ModelInput> inputs) {
  return detail::summarize(model, detail::runner(model), inputs);
}

}  // namespace taper
