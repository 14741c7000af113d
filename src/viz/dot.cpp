#include <fmt/format.h>

#include "viz/graph.h"

namespace taper::viz {
namespace {

/// Inside the quotes of a record's label, where braces, bars and angles have a meaning.
std::string record_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      result += ' ';
      continue;
    }
    if (std::string_view("\\{}|<>\"").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

}  // namespace

std::string dot_text(const Graph& graph) {
  std::string text = fmt::format("digraph {} {{\n  rankdir=TB;\n  node [shape=record, fontname=\"Helvetica\"];\n",
                                 quoted(graph.model));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Graph::Node& node = graph.nodes[i];
    const std::string head = record_text(fmt::format("{}: {}", node.name, node.type));
    const std::string shapes = node.inputs.empty() ? record_text(node.outputs)
                                                   : fmt::format("{{input:|output:}}|{{{}|{}}}",
                                                                 record_text(node.inputs), record_text(node.outputs));
    text += fmt::format("  n{} [label=\"{}|{{{}}}\"];\n", i, head, shapes);
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const int from : graph.nodes[i].sources) text += fmt::format("  n{} -> n{};\n", from, i);
  return text + "}\n";
}

}  // namespace taper::viz
