#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "text/unicode.h"
#include "viz/graph.h"
#include "viz/layout.h"

namespace taper::viz {
namespace {

constexpr double line_height = 20, padding = 14, head_height = 28, box_height = 78;
constexpr double letter = 7.83;  // the width of a letter of 13 px in every monospaced font, nearly

/// A text for XML: escaped, and without what XML cannot hold.
std::string xml_text(std::string_view text) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string result;
  while (!text.empty()) {
    const std::uint32_t code = text::code_points(text.substr(0, 4)).front();
    const std::size_t length = code >= 0x110000 || code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code >= 0x110000 || code < 0x20 || code == 0xfffe || code == 0xffff) {
      result += replacement;
    } else if (code == '&') {
      result += "&amp;";
    } else if (code == '<') {
      result += "&lt;";
    } else if (code == '>') {
      result += "&gt;";
    } else if (code == '"') {
      result += "&quot;";
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

/// Letters of East Asia are twice as wide as others.
double width_of(std::string_view text) {
  double width = 0;
  for (const std::uint32_t code : text::code_points(text)) width += code >= 0x1100 && code < 0x110000 ? 2 : 1;
  return width * letter;
}

struct Texts {
  std::string name, type, input, output;

  explicit Texts(const Graph::Node& node)
      : name(node.name),
        type(node.type),
        input(node.inputs.empty() ? "" : "in   " + node.inputs),
        output(node.inputs.empty() ? node.outputs : "out  " + node.outputs) {}

  double width() const {
    const double head = width_of(name) + 2 * letter + width_of(type);
    return std::max({head, width_of(input), width_of(output), 12 * letter}) + 2 * padding;
  }
};

std::string text_at(double x, double y, std::string_view anchor, std::string_view style, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\"{} class=\"{}\" xml:space=\"preserve\">{}</text>\n", x, y,
                     anchor.empty() ? "" : fmt::format(" text-anchor=\"{}\"", anchor), style, xml_text(text));
}

std::string box(const Graph::Node& node, Point center, double width) {
  const Texts texts(node);
  const double left = center.x - width / 2, top = center.y - box_height / 2;
  const bool is_input = node.inputs.empty();
  std::string text = fmt::format("<g class=\"{}\">\n<title>{}</title>\n", is_input ? "input" : "layer",
                                 xml_text(node.name + " (" + node.type + ")"));
  text += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"7\" class=\"body\"/>\n"
      "<path d=\"M{:.1f} {:.1f}v-{:.1f}a7 7 0 0 1 7 -7h{:.1f}a7 7 0 0 1 7 7v{:.1f}z\" class=\"head\"/>\n",
      left, top, width, box_height, left, top + head_height, head_height - 7, width - 14, head_height - 7);
  text += text_at(left + padding, top + 19, "", "name", texts.name);
  text += text_at(left + width - padding, top + 19, "end", "type", texts.type);
  const double first = top + head_height + 20;
  if (is_input) return text + text_at(left + padding, first + line_height / 2, "", "shape", texts.output) + "</g>\n";
  text += text_at(left + padding, first, "", "shape", texts.input);
  return text + text_at(left + padding, first + line_height, "", "shape", texts.output) + "</g>\n";
}

/// A line that leaves and meets each row straight up and down.
std::string line(const Layout::Edge& edge) {
  std::string path = fmt::format("M{:.1f} {:.1f}", edge.points[0].x, edge.points[0].y);
  for (std::size_t i = 1; i < edge.points.size(); ++i) {
    const Point a = edge.points[i - 1], b = edge.points[i];
    const double middle = (a.y + b.y) / 2;
    if (a.x == b.x) {
      path += fmt::format("L{:.1f} {:.1f}", b.x, b.y);
    } else {
      path += fmt::format("C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", a.x, middle, b.x, middle, b.x, b.y);
    }
  }
  const Point tip = edge.points.back();
  return fmt::format(
      "<path d=\"{}\" class=\"way\"/>\n<path d=\"M{:.1f} {:.1f}l-4.5 -9l4.5 2l4.5 -2z\" class=\"tip\"/>\n", path, tip.x,
      tip.y);
}

constexpr std::string_view style =
    "<style>\n"
    "text { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: 13px; fill: #1f2933; }\n"
    ".name { font-weight: bold; }\n"
    ".type { fill: #52606d; }\n"
    ".body { fill: #ffffff; stroke: #627d98; stroke-width: 1.2; }\n"
    ".head { fill: #d9e8f6; stroke: #627d98; stroke-width: 1.2; }\n"
    ".input .head { fill: #e6f0dc; }\n"
    ".way { fill: none; stroke: #52606d; stroke-width: 1.4; }\n"
    ".tip { fill: #52606d; }\n"
    "</style>\n";

}  // namespace

std::string svg_text(const Graph& graph) {
  std::vector<double> widths;
  for (const Graph::Node& node : graph.nodes) widths.push_back(Texts(node).width());
  const Layout layout = lay_out(graph, widths, box_height);
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
      "{1:.0f}\">\n"
      "<title>{2}</title>\n{3}<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#ffffff\"/>\n",
      layout.width, layout.height, xml_text(graph.model), style);
  for (const Layout::Edge& edge : layout.edges) text += line(edge);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) text += box(graph.nodes[i], layout.centers[i], widths[i]);
  return text + "</svg>\n";
}

}  // namespace taper::viz
