#pragma once

#include <string>
#include <vector>

#include "viz/trace.h"

namespace taper::viz {

/// A module under the name that a reader sees.
struct Layer {
  const nn::Module* module;
  std::string name;  // among its neighbours
  std::string path;  // in the whole model: names joined by '.'
  int depth = 0;     // inside how many layers that are shown
  bool shown = true;
};

/// All modules, parents first. Not shown are the model itself and lists that are never called, unless they have
/// parameters of their own or nothing inside. A Sequential's children that have numbers are named as Keras names
/// layers.
std::vector<Layer> layers_of(const nn::Module& model, const std::vector<Call>& calls);

/// Keras's name of a class: "LayerNorm" is "layer_norm".
std::string snake_case(std::string_view type);

}  // namespace taper::viz
