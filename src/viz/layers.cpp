#include "viz/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <unordered_set>

#include "taper/nn/container.h"

namespace taper::viz {
namespace {

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
bool is_number(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Names as Keras gives them: "linear", "linear_1", "linear_2".
class AutomaticNames {
 public:
  std::string next(std::string_view type) {
    const std::string stem = snake_case(type);
    const int before = counts_[stem]++;
    return before == 0 ? stem : fmt::format("{}_{}", stem, before);
  }

 private:
  std::unordered_map<std::string, int> counts_;
};

}  // namespace

std::string snake_case(std::string_view type) {
  std::string text;
  for (std::size_t i = 0; i < type.size(); ++i) {
    const bool next_is_lower = i + 1 < type.size() && is_lower(type[i + 1]);
    if (i > 0 && is_upper(type[i]) && (!is_upper(type[i - 1]) || next_is_lower)) text += '_';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(type[i])));
  }
  return text;
}

std::vector<Layer> layers_of(const nn::Module& model, const std::vector<Call>& calls) {
  std::unordered_set<const nn::Module*> called;
  for (const Call& call : calls) called.insert(call.module);
  std::vector<Layer> layers;
  std::unordered_map<std::string, std::size_t> places;  // by the module's own dotted name
  AutomaticNames names;
  for (const auto& [dotted, module] : model.named_modules()) {
    const bool is_root = dotted.empty();
    Layer layer{module, "", "", 0, true};
    const bool empty = module->named_children().empty();
    if (is_root || !called.contains(module)) layer.shown = empty || !module->parameters(false).empty();
    if (is_root) {
      layer.name = layer.path = snake_case(module->name());
    } else {
      const std::size_t dot = dotted.rfind('.');
      const Layer& parent = layers[places.at(dot == std::string::npos ? "" : dotted.substr(0, dot))];
      const std::string own = dotted.substr(dot == std::string::npos ? 0 : dot + 1);
      const bool automatic = is_number(own) && parent.module->as<nn::Sequential>() != nullptr;
      layer.name = automatic ? names.next(module->name()) : own;
      const bool under_root = parent.module == &model;
      if (!parent.shown && !under_root) layer.name = parent.name + "." + layer.name;
      layer.depth = parent.depth + (parent.shown ? 1 : 0);
      layer.path = parent.shown && !under_root ? parent.path + "." + layer.name : layer.name;
    }
    places.emplace(dotted, layers.size());
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace taper::viz
