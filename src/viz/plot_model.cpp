#include "taper/viz/plot_model.h"

#include <fmt/format.h>

#include <map>

#include "base/atomic_file.h"
#include "taper/base/error.h"
#include "viz/graph.h"
#include "viz/layers.h"
#include "viz/trace.h"

namespace taper {
namespace viz {
namespace {

Graph graph_of(const nn::Module& model, const std::vector<Call>& calls, const detail::ModelInputs& inputs) {
  Graph graph;
  graph.model = snake_case(model.name());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Shape shape = inputs[i].shape;
    shape.insert(0, batch_size);
    graph.nodes.push_back({inputs.size() == 1 ? "input" : fmt::format("input_{}", i + 1),
                           std::string(name(inputs[i].dtype)),
                           "",
                           shape_text(shape),
                           {}});
  }
  std::map<const nn::Module*, std::string> names;
  for (const Layer& layer : layers_of(model, calls)) names.emplace(layer.module, layer.path);
  std::map<const nn::Module*, int> count;
  std::vector<int> places(calls.size(), -1);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& call = calls[i];
    if (call.outer) continue;
    std::string label = names.at(call.module);
    if (const int before = count[call.module]++; before > 0) label += fmt::format(" (call {})", before + 1);
    Graph::Node node{
        std::move(label), std::string(call.module->name()), shape_text(call.inputs), shape_text(call.outputs), {}};
    for (const int from : call.sources)
      node.sources.push_back(from < 0 ? -1 - from : places[static_cast<std::size_t>(from)]);
    places[i] = static_cast<int>(graph.nodes.size());
    graph.nodes.push_back(std::move(node));
  }
  return graph;
}

}  // namespace
}  // namespace viz

namespace detail {

void plot(const nn::Module& model, const RunModel& run, const ModelInputs& inputs, const std::string& path) {
  const bool svg = path.ends_with(".svg");
  if (!svg && !path.ends_with(".dot"))
    throw ValueError(fmt::format("plot_model: '{}' has an ending that names no format; use .svg or .dot", path));
  const auto calls = viz::trace(model, run, inputs, viz::Follow::sources);
  const viz::Graph graph = viz::graph_of(model, calls, inputs);
  AtomicFile file("plot_model", path);
  file.write(svg ? viz::svg_text(graph) : viz::dot_text(graph));
  file.commit();
}

}  // namespace detail
}  // namespace taper
