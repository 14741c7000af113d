#pragma once

#include <string>

#include "taper/viz/summary.h"

namespace taper {

namespace detail {
void plot(const nn::Module& model, const RunModel& run, const ModelInputs& inputs, const std::string& path);
}

/// Draws the layers of a model, with the shapes that go in and out, and the ways that values take between them (Keras's
/// plot_model): as a picture where `path` ends in ".svg", as text for graphviz where it ends in ".dot".
///
///     plot_model(model, {5}, int32, "model.svg");
///
/// A layer is a call of a module that calls no other; one called twice stands there twice. The ways are found by
/// running the model once as summary() does, and lead through whatever is differentiable between the layers. The file
/// appears whole or not at all. ValueError for another ending, IoError where the file cannot be written, and what
/// summary() throws.
template <detail::AnyModel M>
void plot_model(M&& model, const Shape& input, DType dtype, const std::string& path) {
  detail::plot(model, detail::runner(model), {{input, dtype}}, path);
}
template <detail::AnyModel M>
void plot_model(M&& model, const Shape& input, const std::string& path) {
  plot_model(model, input, float32, path);
}
/// Several inputs: plot_model(model, {{.shape = {5}, .dtype = int64}, {.shape = {3}}}, "model.svg").
template <detail::AnyModel M>
void plot_model(M&& model, std::initializer_list<ModelInput> inputs, const std::string& path) {
  detail::plot(model, detail::runner(model), inputs, path);
}

}  // namespace taper
