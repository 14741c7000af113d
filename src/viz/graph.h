#pragma once

#include <string>
#include <vector>

namespace taper::viz {

/// What is drawn of a model: its inputs and its layers, each behind all that it is fed by.
struct Graph {
  struct Node {
    std::string name;             // "embedding"
    std::string type;             // "Embedding", or "input"
    std::string inputs, outputs;  // shapes; an input has no inputs
    std::vector<int> sources;     // numbers of nodes before it
  };
  std::string model;
  std::vector<Node> nodes;
};

std::string dot_text(const Graph& graph);
std::string svg_text(const Graph& graph);

}  // namespace taper::viz
