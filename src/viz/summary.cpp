#include "taper/viz/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <unordered_map>
#include <unordered_set>

#include "viz/layers.h"
#include "viz/trace.h"

namespace taper {
namespace {

/// 1234567 as "1,234,567".
std::string with_commas(std::int64_t number) {
  std::string text = fmt::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

/// The characters of a text in UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Table {
 public:
  void add(std::string first, std::string second, std::string third) {
    rows_.push_back({std::move(first), std::move(second), std::move(third)});
  }
  /// Columns that begin where Keras's begin, unless a text needs more room.
  void measure() {
    for (const auto& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i)
        widths_[i] = std::max(widths_[i], width_of(row[i]) + (i < 2 ? 2 : 0));
  }
  std::string line(char c) const { return std::string(widths_[0] + widths_[1] + widths_[2], c) + '\n'; }
  std::string row(std::size_t number) const {
    std::string text;
    for (std::size_t i = 0; i < 3; ++i) {
      text += rows_[number][i];
      if (i < 2) text.append(widths_[i] - width_of(rows_[number][i]), ' ');
    }
    return text + '\n';
  }

 private:
  std::vector<std::array<std::string, 3>> rows_;
  std::array<std::size_t, 3> widths_{29, 26, 10};
};

/// The shapes of all calls of one module.
std::string output_text(const nn::Module* module, const std::vector<viz::Call>& calls) {
  std::string text = "-";
  bool first = true;
  for (const viz::Call& call : calls) {
    if (call.module != module) continue;
    const std::string shape = viz::shape_text(call.outputs);
    if (!first && shape != text) return "multiple";
    text = shape;
    first = false;
  }
  return text;
}

}  // namespace

std::string Summary::str() const {
  Table table;
  table.add("Layer (type)", "Output Shape", "Param #");
  for (const SummaryRow& row : rows)
    table.add(fmt::format("{:{}}{} ({})", "", 2 * row.depth, row.name, row.type), row.output_shape,
              fmt::to_string(row.parameters));
  table.measure();
  std::string text = fmt::format("Model: \"{}\"\n", model) + table.line('_') + table.row(0) + table.line('=');
  for (std::size_t i = 0; i < rows.size(); ++i) text += table.row(i + 1);
  return text + table.line('=') +
         fmt::format("Total params: {}\nTrainable params: {}\nNon-trainable params: {}\n", with_commas(total_params),
                     with_commas(trainable_params), with_commas(non_trainable_params())) +
         table.line('_');
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.str(); }

namespace detail {

Summary summarize(const nn::Module& model, const RunModel& run, const ModelInputs& inputs) {
  const std::vector<viz::Call> calls = viz::trace(model, run, inputs, viz::Follow::shapes);
  Summary summary;
  summary.model = viz::snake_case(model.name());
  std::unordered_set<const TensorImpl*> seen;
  for (const viz::Layer& layer : viz::layers_of(model, calls)) {
    std::int64_t own = 0;
    for (const Tensor& parameter : layer.module->parameters(false)) {
      if (!seen.insert(parameter.impl()).second) continue;
      own += parameter.numel();
      if (parameter.requires_grad()) summary.trainable_params += parameter.numel();
    }
    summary.total_params += own;
    if (!layer.shown) continue;
    summary.rows.push_back(
        {layer.name, std::string(layer.module->name()), layer.depth, output_text(layer.module, calls), own});
  }
  return summary;
}

}  // namespace detail
}  // namespace taper
